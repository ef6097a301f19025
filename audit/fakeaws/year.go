package fakeaws

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// A TrailYear is what happens to the secrets of one region in a year, or in fewer
// days: services that read, deployments, new services, people on call, and a few
// things that should not be. The same seed gives the same year.
type TrailYear struct {
	Account, Region string
	From            time.Time // midnight, UTC
	Days            int
	Services        int
	Seed            uint64
}

// A Planted thing is one that an audit must find.
type Planted struct {
	Kind     string // "new principal", "sweep", ...
	Check    string // that finds it
	Resource string // name of the secret, or of the region
	Who      string // ARN of who did it, "" where nobody did
	Day      int    // of the year, from 0
}

// A TrailStory is a TrailYear as it went.
type TrailStory struct {
	TrailYear
	Planted []Planted
	Records []*TrailRecord // by time
	// PrincipalDays counts the days of every principal on which it did something.
	PrincipalDays int
	secrets       []*storySecret
}

// What an audit of the story has to be told: the settings that its owner would
// have, as the keys of [audit].
const TrailYearSettings = `[audit]
allowed-networks = ["10.0.0.0/8", "198.51.100.0/24"]
pipelines = ["arn:aws:iam::*:role/deploy-*"]
break-glass = ["arn:aws:iam::*:role/BreakGlass"]
`

// storySecret is a secret of the story.
type storySecret struct {
	name, arn        string
	created, deleted int // days; deleted 0 for never
	rotates          bool
	dead             int // day of which it will be gone
}

// storyService is a program that reads secrets.
type storyService struct {
	role      string
	secrets   []*storySecret
	from      int // day
	to        int
	everyHour int // how many hours it keeps a value
	instances int
}

// storyteller makes a story.
type storyteller struct {
	*TrailStory
	random   *rand.Rand
	services []*storyService
	shared   []*storySecret
}

// Tell makes the story.
func (y TrailYear) Tell() *TrailStory {
	s := &storyteller{TrailStory: &TrailStory{TrailYear: y}, random: rand.New(rand.NewPCG(y.Seed, 7))}
	s.found()
	for day := range y.Days {
		s.benignDay(day)
	}
	s.plant()
	slices.SortStableFunc(s.Records, func(a, b *TrailRecord) int { return a.Time.Compare(b.Time) })
	days := map[string]bool{}
	for _, r := range s.Records {
		if !r.Service {
			days[r.Role+r.Time.Format(time.DateOnly)] = true
		}
	}
	s.PrincipalDays = len(days)
	return s.TrailStory
}

// found lays down what there is on the first day, and what comes later.
func (s *storyteller) found() {
	for i := range 3 {
		s.shared = append(s.shared, s.secret(fmt.Sprint("prod/shared/", []string{"kafka", "smtp", "tracing"}[i]), -400))
	}
	for i := range s.Services {
		s.service(i, -200, 1+s.random.IntN(3))
	}
	later := max(1, s.Services*s.Days/(8*365))
	for i := range later { // about one new service in eight a year
		s.service(s.Services+i, 20+s.random.IntN(max(1, s.Days-40)), 1+s.random.IntN(2))
	}
}

func (s *storyteller) secret(name string, created int) *storySecret {
	one := &storySecret{name: name, created: created, rotates: s.random.IntN(3) == 0}
	one.arn = fmt.Sprintf("arn:aws:secretsmanager:%s:%s:secret:%s-%s", s.Region, s.Account, name, hexOf(s.random, 6))
	s.secrets = append(s.secrets, one)
	return one
}

// service makes a service with secrets of its own; some also read a shared one.
func (s *storyteller) service(n, from, secrets int) {
	environment := "prod"
	if n%6 == 5 {
		environment = "dev"
	}
	v := &storyService{role: fmt.Sprintf("%s-%s-%d", environment, serviceNames[n%len(serviceNames)], n), from: from, to: s.Days, everyHour: 6 + s.random.IntN(19), instances: 1 + s.random.IntN(2)}
	if n%9 == 4 { // made by CloudFormation, and made anew some day
		v.role += "-TaskRole-" + madeLetters(s.random)
	}
	for i := range secrets {
		v.secrets = append(v.secrets, s.secret(fmt.Sprintf("%s/%s-%d/%s", environment, serviceNames[n%len(serviceNames)], n, secretKinds[i]), from))
	}
	if environment == "prod" && s.random.IntN(5) == 0 {
		v.secrets = append(v.secrets, s.shared[s.random.IntN(len(s.shared))])
	}
	s.services = append(s.services, v)
}

var (
	serviceNames = []string{"orders", "billing", "search", "mail", "catalog", "ledger", "fraud", "pricing", "feeds", "media", "stock", "quotes", "routing", "claims"}
	secretKinds  = []string{"postgres", "api", "signing"}
)

// madeLetters are what CloudFormation adds to a name.
func madeLetters(random *rand.Rand) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	b := []byte("A1")
	for len(b) < 12 {
		b = append(b, letters[random.IntN(len(letters))])
	}
	return string(b)
}

// call notes a call of Secrets Manager's.
func (s *storyteller) call(at time.Time, who *TrailRecord, name string, of *storySecret, errorCode string) *TrailRecord {
	r := *who
	r.Time, r.Account, r.Region, r.Source, r.Name = at, s.Account, s.Region, "secretsmanager.amazonaws.com", name
	r.Home, r.Error = cmp.Or(r.Home, s.Account), errorCode
	r.Reads = name == "GetSecretValue" || name == "DescribeSecret"
	if of != nil {
		r.Secret = of.arn
		if s.random.IntN(3) == 0 {
			r.Secret = of.name
		}
	}
	if errorCode == "AccessDenied" {
		r.Message = fmt.Sprintf("User: arn:aws:sts::%s:assumed-role/%s/%s is not authorized to perform: secretsmanager:%s", r.Home, r.Role, r.Session, name)
	}
	s.Records = append(s.Records, &r)
	return &r
}

// Write writes the story as files of a trail, a few a day.
func (s *TrailStory) Write(dir string) error {
	w := &trailWriter{dir: dir, random: rand.New(rand.NewPCG(s.Seed, 8)), account: s.Account, region: s.Region}
	day := ""
	for _, r := range s.Records {
		if today := r.Time.Format("2006-01-02 15"); today[:11]+fmt.Sprint(r.Time.Hour()/8) != day {
			day = today[:11] + fmt.Sprint(r.Time.Hour()/8)
			if err := w.close(); err != nil {
				return err
			}
		}
		w.add(r)
	}
	return w.close()
}

// Inventory is what an audit at the end of a day knows of the secrets, in the form
// that assay audit --save writes.
func (s *TrailStory) Inventory(day int) []byte {
	at := s.when(day, 24).Format(time.RFC3339)
	var b []byte
	b = fmt.Appendf(b, "{\"type\":\"inventory\",\"schema\":\"assay-inventory/v1\",\"version\":\"made\",\"collected\":%q}\n", at)
	list := slices.SortedFunc(slices.Values(s.secrets), func(x, y *storySecret) int { return cmp.Compare(x.arn, y.arn) })
	for _, one := range list {
		if one.created > day || one.dead > 0 && one.dead <= day {
			continue
		}
		b = fmt.Appendf(b, "{\"type\":\"secret\",\"account\":%q,\"region\":%q,\"arn\":%q,\"name\":%q,\"created\":%q", s.Account, s.Region, one.arn, one.name, s.when(one.created, 9).Format(time.RFC3339))
		if one.rotates {
			b = append(b, `,"rotation_enabled":true,"rotation_rules":{"automatically_after_days":30}`...)
		}
		if one.deleted > 0 && one.deleted <= day {
			b = fmt.Appendf(b, ",\"deleted\":%q", s.when(one.dead, 10).Format(time.RFC3339))
		}
		b = append(b, "}\n"...)
	}
	return fmt.Appendf(b, "{\"type\":\"region\",\"account\":%q,\"region\":%q,\"partition\":\"aws\",\"status\":\"examined\",\"calls\":[{\"operation\":\"secretsmanager:ListSecrets\",\"ok\":1}]}\n{\"type\":\"end\",\"records\":0}\n", s.Account, s.Region)
}

// when is a time of a day, by its hours.
func (s *TrailStory) when(day int, hour float64) time.Time {
	return s.From.AddDate(0, 0, day).Add(time.Duration(hour * float64(time.Hour))).Truncate(time.Second)
}
