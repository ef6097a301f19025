package report

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// noticesCompared bounds the notices that a comparison names, of each kind.
const noticesCompared = 1000

// coverage says what is not the same of what the runs examined, and by what.
func (d *diff) coverage() []CoverageChange {
	var changes []CoverageChange
	add := func(what, old, new string) {
		if old != new {
			changes = append(changes, CoverageChange{what, old, new})
		}
	}
	a, b := d.run(0), d.run(1)
	add("version", a.Version, b.Version)
	add("target", a.Target, b.Target)
	add("configuration", a.Config, b.Config)
	d.rules(add)
	d.counts(add)
	d.regions(add)
	d.gaps(add)
	return changes
}

// rules compares which rules were on.
func (d *diff) rules(add func(what, old, new string)) {
	ids := [2]map[string]bool{{}, {}}
	for i := range ids {
		for _, r := range d.run(i).Rules {
			ids[i][r.ID] = true
		}
	}
	for _, id := range slices.Sorted(maps.Keys(ids[0])) {
		if !ids[1][id] {
			add("rule "+id, "active", "not active")
		}
	}
	for _, id := range slices.Sorted(maps.Keys(ids[1])) {
		if !ids[0][id] {
			add("rule "+id, "not active", "active")
		}
	}
}

// counts compares the summaries, but for what counts findings.
func (d *diff) counts(add func(what, old, new string)) {
	a, b := d.reports[0].summary, d.reports[1].summary
	for _, c := range []struct {
		what     string
		old, new int
	}{
		{"files examined", a.Files, b.Files}, {"blobs examined", a.Blobs, b.Blobs}, {"commits examined", a.Commits, b.Commits},
		{"trees examined", a.Trees, b.Trees}, {"tags examined", a.Tags, b.Tags}, {"archive members examined", a.Members, b.Members},
		{"bytes examined", int(a.Bytes), int(b.Bytes)}, {"objects remembered", a.Remembered, b.Remembered},
		{"rules active", a.RulesActive, b.RulesActive}, {"findings left out", a.LeftOut, b.LeftOut}, {"placeholders", a.Placeholders, b.Placeholders},
		{"places suppressed by comments", a.Suppressed, b.Suppressed}, {"places excluded", a.Excluded, b.Excluded},
		{"things not examined", a.NotExamined, b.NotExamined}, {"things not examined, and accepted", a.Accepted, b.Accepted},
	} {
		add(c.what, strconv.Itoa(c.old), strconv.Itoa(c.new))
	}
	for _, c := range []struct {
		what     string
		old, new map[string]int
	}{
		{"findings silenced by ", a.Silenced, b.Silenced}, {"suppressions refused: ", a.Refused, b.Refused},
		{"skipped: ", a.Skipped, b.Skipped}, {"looked at: ", a.Resources, b.Resources},
	} {
		names := slices.AppendSeq(slices.Collect(maps.Keys(c.old)), maps.Keys(c.new))
		slices.Sort(names)
		for _, name := range slices.Compact(names) {
			add(c.what+name, strconv.Itoa(c.old[name]), strconv.Itoa(c.new[name]))
		}
	}
	unjudged := func(s Summary) (n int) {
		for _, c := range s.Checks {
			n += c.NotEvaluated
		}
		return n
	}
	add("verdicts that could not be given", strconv.Itoa(unjudged(a)), strconv.Itoa(unjudged(b)))
	add("interrupted", strconv.FormatBool(a.Interrupted), strconv.FormatBool(b.Interrupted))
}

// regions compares which regions of an audit were examined, and what was refused there.
func (d *diff) regions(add func(what, old, new string)) {
	states := [2]map[string]string{{}, {}}
	for i := range states {
		c := d.run(i).Coverage
		if c == nil {
			continue
		}
		for _, row := range c.Rows {
			text := row.Status
			for operation, n := range c.asked(row) {
				if n.Denied+n.Failed > 0 {
					text += fmt.Sprintf(", %s %d denied %d failed", operation, n.Denied, n.Failed)
				}
			}
			states[i][row.Account+" "+row.Region] = text
		}
	}
	names := slices.AppendSeq(slices.Collect(maps.Keys(states[0])), maps.Keys(states[1]))
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		add("region "+name, states[0][name], states[1][name])
	}
}

// gaps names what one run examined and the other did not.
func (d *diff) gaps(add func(what, old, new string)) {
	reasons := [2]map[string]string{{}, {}}
	for i := range reasons {
		for _, n := range d.reports[i].notices {
			reasons[i][n.Subject] = join("; ", reasons[i][n.Subject], reason(n)+accepted(n))
		}
	}
	for i, words := range [][2]string{{"not examined: %s", "examined, or not met"}, {"examined, or not met", "not examined: %s"}} {
		listed := 0
		for _, subject := range slices.Sorted(maps.Keys(reasons[i])) {
			if _, both := reasons[1-i][subject]; both {
				continue
			}
			if listed++; listed > noticesCompared {
				add("further things", "", "of which one run examined more; the numbers say how many")
				break
			}
			text := [2]string{words[0], words[1]}
			text[i] = strings.Replace(text[i], "%s", reasons[i][subject], 1)
			add(subject, text[0], text[1])
		}
	}
}
