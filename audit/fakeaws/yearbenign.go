package fakeaws

import (
	"fmt"
	"time"
)

// Agents of those who call.
const (
	sdkAgent     = "aws-sdk-go-v2/1.47.6 ua/2.1 os/linux lang/go#1.26.0 api/secretsmanager#1.50.0"
	cliAgent     = "aws-cli/2.17.0 md/awscrt#0.20 ua/2.0 os/macos"
	browserAgent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"
)

// instance is one of a service's.
func (s *storyteller) instance(v *storyService, n int) *TrailRecord {
	return &TrailRecord{Kind: "AssumedRole", Role: v.role, Session: "i-" + hexOf(s.random, 17), Address: fmt.Sprintf("10.%d.%d.%d", len(v.role), n, 10+s.random.IntN(200)), Agent: sdkAgent}
}

// person is somebody at a desk, or at home through the company's network.
func (s *storyteller) person(role, name string, console bool) *TrailRecord {
	r := &TrailRecord{Kind: "AssumedRole", Role: role, Session: name, Address: fmt.Sprintf("198.51.100.%d", 1+s.random.IntN(250)), Agent: cliAgent, Console: console}
	if console {
		r.Agent = browserAgent
	}
	return r
}

// benignDay is a day on which nothing is wrong.
func (s *storyteller) benignDay(day int) {
	for _, v := range s.services {
		if day >= v.from && day < v.to {
			s.serviceDay(v, day)
		}
	}
	s.operatorDay(day)
	s.peopleDay(day)
	for i, one := range s.secrets {
		if one.rotates && one.created <= day && (day+i)%30 == 0 && (one.deleted == 0 || day < one.deleted) {
			s.rotation(one, day)
		}
	}
}

// serviceDay has the reads of a service: when values grow old, and when it is
// deployed or its instances are replaced.
func (s *storyteller) serviceDay(v *storyService, day int) {
	if day == v.from {
		for _, one := range v.secrets {
			if one.created == day {
				s.call(s.when(day, 9), s.pipeline(), "CreateSecret", one, "").Secret = one.name
			}
		}
	}
	for n := range v.instances {
		who := s.instance(v, n)
		for hour := s.random.Float64() * float64(v.everyHour); hour < 24; hour += float64(v.everyHour) {
			if day == v.from && hour < 10 {
				continue
			}
			for i, one := range v.secrets {
				s.read(s.when(day, hour).Add(time.Duration(i)*time.Second), who, one, day)
			}
		}
	}
	if s.random.IntN(7) == 0 {
		s.deploy(v, day)
	}
	switch s.random.IntN(2500) {
	case 0: // a feature needs what another team has
		v.secrets = append(v.secrets, s.shared[s.random.IntN(len(s.shared))])
	case 1: // a wrong policy for an hour
		who := s.instance(v, 0)
		for i := range 20 + s.random.IntN(100) {
			s.call(s.when(day, 14).Add(time.Duration(i*30)*time.Second), who, "GetSecretValue", v.secrets[0], "AccessDenied")
		}
	}
}

// read is a read that works, unless the secret is gone.
func (s *storyteller) read(at time.Time, who *TrailRecord, one *storySecret, day int) {
	if one.deleted > 0 && day >= one.deleted {
		return
	}
	s.call(at, who, "GetSecretValue", one, "")
}

// deploy has the pipeline look and write, and new instances begin.
func (s *storyteller) deploy(v *storyService, day int) {
	hour := 9 + s.random.Float64()*8
	for i, one := range v.secrets {
		s.call(s.when(day, hour).Add(time.Duration(i)*time.Second), s.pipeline(), "DescribeSecret", one, "")
	}
	if s.random.IntN(10) == 0 {
		s.call(s.when(day, hour+0.1), s.pipeline(), "PutResourcePolicy", v.secrets[0], "")
	}
	if i := len(v.role) - len("-A1ABCDEFGHIJ"); i > 0 && v.role[i] == '-' && s.random.IntN(40) == 0 {
		v.role = v.role[:i+1] + madeLetters(s.random) // the stack was made anew
	}
	for n := range v.instances + 2 {
		who := s.instance(v, 100+n)
		for i, one := range v.secrets {
			s.read(s.when(day, hour+0.2).Add(time.Duration(n*20+i)*time.Second), who, one, day)
		}
	}
}

func (s *storyteller) pipeline() *TrailRecord {
	return &TrailRecord{Kind: "AssumedRole", Role: "deploy-ci", Session: "run-" + hexOf(s.random, 8), Address: "10.9.9.9", Agent: "APN/1.0 HashiCorp/1.0 Terraform/1.12.0"}
}

// operatorDay has a program that copies secrets into a cluster, twice a day, and
// one that lists and describes everything at night.
func (s *storyteller) operatorDay(day int) {
	operator := &TrailRecord{Kind: "AssumedRole", Role: "external-secrets", Session: "operator", Address: "10.4.0.4", Agent: sdkAgent}
	inventory := &TrailRecord{Kind: "AssumedRole", Role: "config-recorder", Session: "nightly", Address: "10.4.0.9", Agent: sdkAgent}
	for i, one := range s.secrets {
		if one.created > day || i%2 == 1 {
			continue
		}
		if i%4 == 0 && one.created < 0 {
			for _, hour := range []float64{6, 18} {
				s.read(s.when(day, hour).Add(time.Duration(i)*time.Second), operator, one, day)
			}
		}
		s.call(s.when(day, 3).Add(time.Duration(i)*time.Second), inventory, "DescribeSecret", one, "")
	}
}

// peopleDay has developers, the person on call, and somebody new now and then.
func (s *storyteller) peopleDay(day int) {
	weekday := s.From.AddDate(0, 0, day).Weekday()
	if weekday == time.Saturday || weekday == time.Sunday {
		return
	}
	for n := range max(2, s.Services/8) {
		developer := s.person("AWSReservedSSO_Developer_0a1b2c3d4e5f6071", fmt.Sprint("dev", n), s.random.IntN(2) == 0)
		if s.random.IntN(4) > 0 {
			continue
		}
		if one := s.anyOf("dev", day); one != nil {
			s.read(s.when(day, 9+s.random.Float64()*9), developer, one, day)
		}
		if s.random.IntN(15) == 0 { // a click on what is not theirs
			if one := s.anyOf("prod", day); one != nil {
				s.call(s.when(day, 16), developer, "GetSecretValue", one, "AccessDenied")
			}
		}
	}
	if s.random.IntN(25) == 0 { // an emergency
		who := s.person("BreakGlass", "oncall", true)
		for i := range 2 + s.random.IntN(3) {
			if one := s.anyOf("prod", day); one != nil {
				s.read(s.when(day, 2+float64(i)/10), who, one, day)
			}
		}
	}
	s.administrators(day)
}

// administrators read what is theirs, by hand, each few days.
func (s *storyteller) administrators(day int) {
	for n := range 3 {
		who := s.person(fmt.Sprintf("AWSReservedSSO_Database%d_1a1b2c3d4e5f6071", n), fmt.Sprint("dba", n), false)
		if s.random.IntN(3) == 0 && len(s.services) > n {
			s.read(s.when(day, 10+s.random.Float64()*6), who, s.services[n].secrets[0], day)
		}
	}
}

// anyOf is a secret of an environment that is there on a day, nil if there is none.
func (s *storyteller) anyOf(environment string, day int) *storySecret {
	for range 50 {
		one := s.secrets[s.random.IntN(len(s.secrets))]
		if one.name[:len(environment)] == environment && one.created < day && one.deleted == 0 {
			return one
		}
	}
	return nil
}

// rotation is one that goes well, as functions of AWS's templates do it; one in a
// hundred fails at first.
func (s *storyteller) rotation(one *storySecret, day int) {
	who := &TrailRecord{Kind: "AssumedRole", Role: "rotate-secrets", Session: "rotate", Address: "10.5.0.1", Agent: "Boto3/1.40 md/Botocore"}
	start := s.when(day, 1+s.random.Float64())
	if s.random.IntN(100) == 0 {
		s.ownEvent("RotationStarted", one, start.Add(-time.Hour), "")
		s.ownEvent("RotationFailed", one, start.Add(-time.Hour+time.Minute), "Lambda function timed out after 30 seconds")
	}
	s.ownEvent("RotationStarted", one, start, "")
	s.call(start.Add(time.Second), who, "GetSecretValue", one, "")
	s.call(start.Add(2*time.Second), who, "GetSecretValue", one, "ResourceNotFoundException")
	s.call(start.Add(3*time.Second), who, "PutSecretValue", one, "")
	s.call(start.Add(5*time.Second), who, "UpdateSecretVersionStage", one, "")
	s.ownEvent("RotationSucceeded", one, start.Add(6*time.Second), "")
}

// ownEvent is an event of the service's own.
func (s *storyteller) ownEvent(name string, one *storySecret, at time.Time, message string) {
	s.Records = append(s.Records, &TrailRecord{
		Time: at, Account: s.Account, Region: s.Region, Source: "secretsmanager.amazonaws.com", Name: name, Service: true,
		Address: "secretsmanager.amazonaws.com", Agent: "secretsmanager.amazonaws.com", Secret: one.arn, Message: message,
	})
}
