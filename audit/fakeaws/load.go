package fakeaws

import (
	"strconv"
	"strings"
	"time"
)

// LoadRegion and LoadAccount are where Load puts its secrets.
const (
	LoadAccount = "111122223333"
	LoadRegion  = "us-east-1"
)

// Load gives one region of one account n secrets, made from their number
// whenever they are asked for, and twenty keys that they are encrypted under.
// Every hundredth secret is stale, every fiftieth is not rotated at all.
func Load(c *Cloud, n int) *Account {
	a := c.Account(LoadAccount)
	load(c, a, a.Region(LoadRegion), n)
	return a
}

// LoadEverywhere gives each region that is enabled without asking as much as Load
// gives one.
func LoadEverywhere(c *Cloud, n int) *Account {
	a := c.Account(LoadAccount)
	loadEverywhere(c, a, n)
	return a
}

func loadEverywhere(c *Cloud, a *Account, n int) {
	for _, name := range defaultRegions["aws"] {
		load(c, a, a.Region(name), n)
	}
}

func load(c *Cloud, a *Account, g *Region, n int) {
	c.Update(func() {
		now := c.Clock.Now()
		for i := range 20 {
			id := c.deriveUUID("load key " + g.Name + strconv.Itoa(i))
			g.Keys = append(g.Keys, &Key{ID: id, ARN: g.ARN("kms", "key/"+id), Manager: "CUSTOMER", State: "Enabled", Spec: "SYMMETRIC_DEFAULT",
				Usage: "ENCRYPT_DECRYPT", Origin: "AWS_KMS", Created: now.AddDate(-1, 0, 0), Rotation: new(true), RotationPeriod: new(int64(365)),
				Policy: keyPolicy(a)})
		}
		name := "load-rotation"
		g.Functions = append(g.Functions, rotator(g, name, now))
		source := &series{n: n, prefix: g.ARN("secretsmanager", "secret:"), now: now, function: g.ARN("lambda", "function:"+name)}
		for _, k := range g.Keys {
			source.keys = append(source.keys, k.ARN)
		}
		g.Source = source
	})
}

// series is a Source whose secrets follow from their number.
type series struct {
	n        int
	prefix   string // of the ARNs
	now      time.Time
	function string
	keys     []string
}

const loadName = "load/service-"

func (l *series) Len() int { return l.n }

// Find reads the number back from the name or ARN.
func (l *series) Find(id string) (*Secret, bool) {
	name := strings.TrimPrefix(id, l.prefix)
	digits, ok := strings.CutPrefix(name, loadName)
	if !ok || len(digits) < 6 {
		return nil, false
	}
	i, err := strconv.Atoi(digits[:6])
	if err != nil || i < 0 || i >= l.n {
		return nil, false
	}
	s := l.Secret(i)
	return s, id == s.ARN || id == s.Name || id == s.ARN[:len(s.ARN)-7]
}

// Secret makes the i-th secret.
func (l *series) Secret(i int) *Secret {
	name := loadName + padded(uint64(i), 10, 6)
	rotated := l.now.Add(-time.Duration(i%30) * 24 * time.Hour)
	if i%100 == 7 {
		rotated = l.now.AddDate(0, 0, -200)
	}
	key := l.keys[i%len(l.keys)]
	s := &Secret{
		Name: name, ARN: l.prefix + name + "-" + suffix(i), KmsKeyID: key,
		Created: l.now.AddDate(-1, 0, 0), LastChanged: rotated, LastAccessed: l.now.Truncate(24 * time.Hour),
		Tags: []Tag{{"Environment", "prod"}, {"Owner", "load"}},
		Versions: []Version{
			{ID: versionID(i, 2), Stages: []string{"AWSCURRENT", "AWSPENDING"}, Created: rotated, KmsKeyIDs: []string{key}},
			{ID: versionID(i, 1), Stages: []string{"AWSPREVIOUS"}, Created: rotated.AddDate(0, 0, -30), KmsKeyIDs: []string{key}},
		},
	}
	if i%50 == 3 {
		s.RotationEnabled = new(false)
		return s
	}
	s.RotationEnabled, s.RotationLambdaARN, s.LastRotated = new(true), l.function, rotated
	s.RotationRules = &RotationRules{AutomaticallyAfterDays: new(int64(30))}
	s.NextRotation = rotated.AddDate(0, 0, 30)
	return s
}

// suffix makes the six characters at the end of a secret's ARN.
func suffix(i int) string {
	const letters = "abcdefghijkmnpqrstuvwxyzABCDEFGH"
	var b [6]byte
	x := uint32(i+1) * 2654435761 // Knuth's multiplicative hash spreads the numbers
	for j := range b {
		b[j] = letters[x>>(5*j)&31]
	}
	return string(b[:])
}

// versionID makes an id in the form of a UUID.
func versionID(i, n int) string {
	return padded(uint64(n), 16, 8) + "-0000-4000-8000-" + padded(uint64(i), 16, 12)
}
