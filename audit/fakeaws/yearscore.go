package fakeaws

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// A StoryFinding is what an audit says of a story.
type StoryFinding struct{ Check, Resource, Text string } // Resource: the name of the secret, or of the region

// A StoryScore says how good the findings about a story are.
type StoryScore struct {
	Missed []Planted
	// False are the findings that nothing planted explains, one for each check,
	// resource and principal: "SM-ACC-03 prod/a arn:...".
	False []string
	// PerThousand is how many of these there are for 1,000 principal-days.
	PerThousand float64
}

// AccessChecks are those whose findings a score counts.
var AccessChecks = []string{
	"SM-ACC-02", "SM-ACC-03", "SM-ACC-04", "SM-ACC-05", "SM-ACC-06", "SM-ACC-07", "SM-ACC-09", "SM-LIF-02", "SM-LIF-05", "SM-ROT-08",
}

var named = regexp.MustCompile(`arn:aws:iam::[0-9]{12}:(?:role|user)/[A-Za-z0-9_+=.@/-]+|[0-9]{12}/AROA[0-9A-F]+`)

// strangers are the principals that do nothing benign.
var strangers = regexp.MustCompile(`role/(intruder|prod-straggler|prod-poller|staging-loader|AWSReservedSSO_Analyst)|^999900001111/`)

// AuditDays are the days at whose end the story is audited: every thirtieth after
// the first sixty, and the last.
func (s *TrailStory) AuditDays() []int {
	var days []int
	for day := 89; day < s.Days-1; day += 30 {
		days = append(days, day)
	}
	return append(days, s.Days-1)
}

// Score judges the findings of all audits together.
func (s *TrailStory) Score(findings []StoryFinding) StoryScore {
	var score StoryScore
	for _, p := range s.Planted {
		if !slices.ContainsFunc(findings, p.foundBy) {
			score.Missed = append(score.Missed, p)
		}
	}
	wrong := map[string]bool{}
	for _, f := range findings {
		for _, who := range s.unexplained(f) {
			wrong[fmt.Sprintln(f.Check, f.Resource, who)] = true
		}
	}
	score.False = slices.Sorted(maps.Keys(wrong))
	score.PerThousand = float64(len(score.False)) * 1000 / float64(max(1, s.PrincipalDays))
	return score
}

// foundBy reports whether a finding is the one that must be there.
func (p Planted) foundBy(f StoryFinding) bool {
	return f.Check == p.Check && f.Resource == p.Resource && strings.Contains(f.Text, p.Who)
}

// unexplained returns the principals of a finding who did nothing that was planted,
// "nobody" for a finding without any.
func (s *TrailStory) unexplained(f StoryFinding) []string {
	happened := f.Check == "SM-ROT-08" && strings.Contains(f.Text, "; it succeeded on ") // and is told as low
	if !slices.Contains(AccessChecks, f.Check) || happened {
		return nil
	}
	text, _, _ := strings.Cut(f.Text, "; machines read it too") // who is no part of what is wrong
	all := named.FindAllString(text, -1)
	if len(all) == 0 {
		all = []string{"nobody"}
	}
	return slices.DeleteFunc(all, func(who string) bool {
		deleter := f.Check == "SM-LIF-02" && strings.HasSuffix(who, "/deploy-ci")
		return deleter || strangers.MatchString(who) || slices.ContainsFunc(s.Planted, func(p Planted) bool {
			return p.foundBy(f) && (p.Who == who || p.Who == "")
		})
	})
}
