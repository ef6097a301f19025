package audit

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/assayhq/assay/report"
)

// A missing gathers what could not be judged in a region, so that one denied
// permission makes one notice and not one for each secret.
type missing struct {
	region *Region
	groups map[missingKey]*missingGroup
}

// A missingKey tells notices apart: a call that failed for a reason, or a check
// that could say nothing for a reason of its own.
type missingKey struct {
	operation Operation
	reason    Reason
	check     string
}

type missingGroup struct {
	resources int
	first     string // the first detail
	checks    map[string]bool
	wholly    bool // the call was about the region
}

func newMissing(r *Region) missing {
	m := missing{region: r, groups: map[missingKey]*missingGroup{}}
	if r.Status == RegionNotExamined && len(r.Gaps) == 0 {
		m.group(missingKey{}).first = "it was not examined to its end"
	}
	return m
}

func (m *missing) group(k missingKey) *missingGroup {
	g := m.groups[k]
	if g == nil {
		g = &missingGroup{checks: map[string]bool{}}
		m.groups[k] = g
	}
	return g
}

// gap counts a gap of a resource, or of the region if resource is "".
func (m *missing) gap(g Gap, resource string) {
	group := m.group(missingKey{operation: g.Operation, reason: g.Reason})
	if group.first == "" {
		group.first = g.phrase()
	}
	if resource == "" {
		group.wholly = true
	} else {
		group.resources++
	}
}

// unjudged counts a resource that a check could not judge, because of a gap or
// for the reason that the check gives.
func (m *missing) unjudged(check string, gap *Gap, reason string) {
	if gap == nil {
		group := m.group(missingKey{check: check})
		if group.first == "" {
			group.first = reason
		}
		group.resources++
		return
	}
	group := m.group(missingKey{operation: gap.Operation, reason: gap.Reason})
	if group.first == "" { // it was never asked
		group.first, group.wholly = gap.phrase(), true
	}
	group.checks[check] = true
}

// notices returns one notice for each group, sorted by subject.
func (m *missing) notices() []report.Notice {
	var list []report.Notice
	for k, g := range m.groups {
		list = append(list, report.Notice{Subject: m.subject(k), Err: errors.New(g.text(k))})
	}
	slices.SortFunc(list, func(a, b report.Notice) int {
		return strings.Compare(a.Subject+"\x00"+a.Err.Error(), b.Subject+"\x00"+b.Err.Error())
	})
	return list
}

func (m *missing) subject(k missingKey) string {
	subject := m.region.Account
	if m.region.Region != everyRegion {
		subject += " " + m.region.Region
	}
	return strings.TrimSpace(subject + " " + string(k.operation) + k.check)
}

// text says what became of the calls, how many they were and what follows.
func (g *missingGroup) text(k missingKey) string {
	text := g.first
	if k.check != "" {
		return fmt.Sprintf("not evaluated for %s: %s", counted(g.resources), g.first)
	}
	if k.operation == AssumeRole {
		return text + "; nothing of the account was judged"
	}
	if !g.wholly && g.resources > 1 {
		text += fmt.Sprintf(" (and %d more)", g.resources-1)
	}
	if len(g.checks) > 0 {
		text += "; not evaluated: " + strings.Join(slices.Sorted(maps.Keys(g.checks)), ", ")
	}
	return text
}

func counted(resources int) string {
	if resources == 1 {
		return "one resource"
	}
	return fmt.Sprintf("%d resources", resources)
}
