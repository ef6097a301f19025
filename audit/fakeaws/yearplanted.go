package fakeaws

import (
	"fmt"
	"strings"
	"time"
)

// plant adds what an audit must find, some of each kind, spread over the days after
// the first sixty.
func (s *storyteller) plant() {
	const calm = 60 // days that are needed to know what is not new
	kinds := []func(day int, id string){
		s.newPrincipal, s.sweep, s.deniedBurst, s.unknownNetwork, s.consoleRead, s.deletedAndRead, s.failingRotation, s.polling, s.foreignRead, s.lowerReads,
	}
	rounds := max(1, (s.Days-calm)/60)
	for round := range rounds {
		for i, plant := range kinds {
			day := calm + round*60 + s.random.IntN(50)
			if day > s.Days-5 {
				day = s.Days - 5
			}
			plant(day, fmt.Sprint(round, "-", i))
		}
	}
}

// victim is a secret of production that a service reads and that has been there for
// long.
func (s *storyteller) victim(day int) *storySecret {
	for range 1000 {
		v := s.services[s.random.IntN(len(s.services))]
		one := v.secrets[0]
		if strings.HasPrefix(v.role, "prod-") && v.from < day-45 && one.created < 0 && one.deleted == 0 && !one.rotates {
			return one
		}
	}
	panic("the story has no service that fits")
}

func (s *storyteller) planted(kind, check, resource, role string, day int) {
	who := ""
	if role != "" {
		who = "arn:aws:iam::" + s.Account + ":role/" + role
	}
	s.Planted = append(s.Planted, Planted{kind, check, resource, who, day})
}

// intruder is a role that nobody has seen, in an allowed network.
func (s *storyteller) intruder(id string) *TrailRecord {
	return &TrailRecord{Kind: "AssumedRole", Role: "intruder-" + id, Session: "session", Address: "10.66.6.6", Agent: "Boto3/1.40 md/Botocore"}
}

func (s *storyteller) newPrincipal(day int, id string) {
	one, who := s.victim(day), s.intruder(id)
	s.call(s.when(day, 3), who, "GetSecretValue", one, "")
	s.planted("new principal", "SM-ACC-03", one.name, who.Role, day)
}

func (s *storyteller) sweep(day int, id string) {
	who := s.intruder(id)
	for i, n := 0, 0; n < 14 && i < len(s.secrets); i++ {
		if one := s.secrets[i]; one.created < day && one.deleted == 0 {
			s.call(s.when(day, 4).Add(time.Duration(n)*20*time.Second), who, "GetSecretValue", one, []string{"", "", "AccessDenied"}[n%3])
			n++
		}
	}
	s.planted("sweep", "SM-ACC-05", s.Region, who.Role, day)
}

func (s *storyteller) deniedBurst(day int, id string) {
	one, who := s.victim(day), s.intruder(id)
	for i := range 12 {
		s.call(s.when(day, 5).Add(time.Duration(i)*time.Minute), who, "GetSecretValue", one, "AccessDenied")
	}
	s.planted("denied burst", "SM-ACC-02", one.name, who.Role, day)
}

// unknownNetwork has the credentials of a service used from elsewhere.
func (s *storyteller) unknownNetwork(day int, _ string) {
	one := s.victim(day)
	for _, v := range s.services {
		if v.secrets[0] == one {
			who := s.instance(v, 0)
			who.Address = fmt.Sprintf("203.0.113.%d", 1+s.random.IntN(250))
			s.call(s.when(day, 6), who, "GetSecretValue", one, "")
			s.planted("unknown network", "SM-ACC-04", one.name, who.Role, day)
			return
		}
	}
}

func (s *storyteller) consoleRead(day int, id string) {
	one := s.victim(day)
	who := s.person("AWSReservedSSO_Analyst"+strings.ReplaceAll(id, "-", "")+"_2a1b2c3d4e5f6071", "analyst", true)
	s.call(s.when(day, 11), who, "GetSecretValue", one, "")
	s.planted("console read", "SM-ACC-04", one.name, who.Role, day)
}

// deletedAndRead has somebody delete a secret that a program still wants.
func (s *storyteller) deletedAndRead(day int, id string) {
	one := s.secret("prod/retired-"+id+"/api", -100)
	one.rotates = false
	reader := &storyService{role: "prod-straggler-" + id, secrets: []*storySecret{one}, instances: 1}
	for d := range day {
		s.call(s.when(d, 7), s.instance(reader, 0), "GetSecretValue", one, "")
	}
	one.deleted, one.dead = day, day+30
	s.call(s.when(day, 9), s.pipeline(), "DeleteSecret", one, "").Parameters = `,"recoveryWindowInDays":30`
	for d := day + 1; d < min(day+6, s.Days); d++ {
		s.call(s.when(d, 7), s.instance(reader, 0), "GetSecretValue", one, "InvalidRequestException")
	}
	s.planted("deleted and read", "SM-LIF-02", one.name, reader.role, day)
}

func (s *storyteller) failingRotation(day int, id string) {
	one := s.secret("prod/rotating-"+id+"/postgres", -100)
	one.rotates = true
	for d := 0; d < day; d += 30 {
		s.rotation(one, d)
	}
	for _, d := range []int{day, day + 1, day + 2} {
		s.ownEvent("RotationFailed", one, s.when(d, 2), "Lambda function returned error: FATAL: no route to the database")
	}
	s.planted("rotation failing", "SM-ROT-08", one.name, "", day)
}

// polling has a new secret, whose only reader never keeps the value, for three days.
func (s *storyteller) polling(day int, id string) {
	one := s.secret("prod/poller-"+id+"/api", day)
	one.rotates = false
	who := s.instance(&storyService{role: "prod-poller-" + id}, 0)
	for d := range min(3, s.Days-day) {
		for minute := range 2000 {
			s.call(s.when(day+d, float64(minute)/2000*24), who, "GetSecretValue", one, "")
		}
	}
	s.planted("polling", "SM-ACC-09", one.name, who.Role, day)
}

func (s *storyteller) foreignRead(day int, id string) {
	one := s.victim(day)
	who := s.intruder(id)
	who.Kind, who.Home = "AWSAccount", "999900001111"
	s.call(s.when(day, 8), who, "GetSecretValue", one, "")
	s.planted("read from another account", "SM-ACC-07", one.name, "", day)
}

func (s *storyteller) lowerReads(day int, id string) {
	one := s.victim(day)
	who := s.instance(&storyService{role: "staging-loader-" + id}, 0)
	s.call(s.when(day, 8), who, "GetSecretValue", one, "")
	s.planted("lower environment", "SM-LIF-05", one.name, who.Role, day)
}
