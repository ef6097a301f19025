package report

import (
	"cmp"
	"crypto/sha256"
	"strconv"
	"strings"
)

// interruptedText is what formats say of a run that a signal stopped.
const interruptedText = "The run was interrupted; the report holds what was found so far."

// outcomeLine is what to make of a run, in one line for formats that have no room
// for more.
func outcomeLine(s Summary) string {
	total, unjudged := 0, 0
	for _, n := range s.Findings {
		total += n
	}
	for _, c := range s.Checks {
		unjudged += c.NotEvaluated
	}
	found := "no findings"
	if total > 0 {
		found = count(total, "finding") + ": " + findings(s)
	}
	switch {
	case s.Interrupted:
		return "Interrupted: incomplete, " + found + " so far"
	case s.NotExamined > 0:
		return "Incomplete: " + found + "; " + count(s.NotExamined, "thing") + " not examined"
	case unjudged > 0:
		return "Incomplete: " + found + "; " + count(unjudged, "verdict") + " could not be given"
	case total > 0:
		return strings.ToUpper(found[:1]) + found[1:]
	}
	return "Clean: no findings, and everything was examined"
}

// alone begins what is said of one shard; of a whole run it is empty.
func (s Shard) alone() string {
	if s.Of == 0 {
		return ""
	}
	return "Of shard " + s.String() + " alone. "
}

// placesNow are the places of f that have a line now or, of a credential that
// history alone holds, the first one.
func placesNow(f Finding) []Location {
	places := sarifPlaces(f)
	if len(places) == 0 && len(f.Occurrences) > 0 {
		places = f.Occurrences[:1]
	}
	return places
}

// rulesByID finds the rules of a run.
func rulesByID(r Run) map[string]Rule {
	rules := make(map[string]Rule, len(r.Rules))
	for _, rule := range r.Rules {
		rules[rule.ID] = rule
	}
	return rules
}

// fileName names the file of l for formats that have nothing but files. What has no
// path is named by its object.
func fileName(l Location) string {
	if l.isObject() || l.Path == "" {
		return escape(cmp.Or(join("/", strings.TrimSuffix(l.Path, "/"), l.Type, l.Object), "-"))
	}
	return escape(l.Path)
}

// A place3 is where a credential may stand more than once: in a file, a member of
// it, an object.
type place3 struct{ path, inner, object string }

// placeSum names the n-th place of a finding in a file, whatever its line.
func placeSum(fingerprint string, l Location, n int) [sha256.Size]byte {
	return sha256.Sum256([]byte(fingerprint + "\x00" + l.Path + "\x00" + l.Inner + "\x00" + strconv.Itoa(n)))
}

// summaryText is a Summary in one line: what was examined, what was found, and what
// counts for nothing.
func summaryText(s Summary) string {
	text := "Examined: " + examined(s) + ". " + outcomeLine(s) + "."
	if aside := setAside(s); aside != "" {
		text += " " + aside
	}
	return text
}

// setAside says in sentences what is neither a finding nor a gap of the report. It
// is empty if there is nothing of the kind.
func setAside(s Summary) string {
	var parts []string
	add := func(label, text string) {
		if text != "" {
			parts = append(parts, label+": "+text+".")
		}
	}
	add("Remembered", counted(s.Remembered, "object", " from an earlier run"))
	add("Left out", counted(s.LeftOut, "finding", " below the confidence asked for"))
	add("Placeholders", counted(s.Placeholders, "value", " known to be no credential"))
	add("Suppressed", counted(s.Suppressed, "place", " by comments"))
	add("Silenced", byFile(s.Silenced, "finding"))
	add("Refused", refused(s.Refused))
	add("Excluded", counted(s.Excluded, "place", " by configuration"))
	add("Skipped", kinds(s.Skipped))
	add("Accepted", counted(s.Accepted, "thing", " not examined"))
	return strings.Join(parts, " ")
}
