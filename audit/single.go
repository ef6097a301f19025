package audit

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/assayhq/assay/report"
)

// Only narrows an inventory to one secret, by its name, partial or full ARN, in
// every region that has it, and to the keys and the function that it uses. It is an error if
// there is none.
func (inv *Inventory) Only(secret string) error {
	found := false
	for at, d := range inv.cells {
		kept := &cellData{
			record: d.record, keyUsers: map[string]int{}, keys: map[string]*Key{}, functions: map[string]*Function{}, trails: d.trails,
			gaps: d.gaps, watch: d.watch, globalData: d.globalData,
		}
		references, named := map[string]bool{}, map[string]bool{}
		for s, err := range inv.secrets(at) {
			if err != nil {
				return err
			}
			if !slices.Contains(secretIDs(s.ARN, s.Name), activityID(secret)) {
				continue
			}
			found = true
			for _, id := range secretIDs(s.ARN, s.Name) {
				named[id] = true
			}
			if err := kept.keep(s, references); err != nil {
				return err
			}
			if f := d.functions[s.RotationLambdaARN]; f != nil {
				kept.functions[f.ARN] = f
			}
		}
		for arn, k := range d.keys {
			if slices.ContainsFunc(k.References, func(r string) bool { return references[r] }) {
				kept.keys[arn] = k
			}
		}
		for _, a := range d.activities {
			if named[activityID(a.SecretID)] {
				kept.activities = append(kept.activities, a)
			}
		}
		inv.cells[at] = kept
	}
	inv.Secret = secret
	if !found {
		return fmt.Errorf("there is no secret %q in the inventory", secret)
	}
	return nil
}

// keep takes over one secret and notes the keys that it refers to.
func (d *cellData) keep(s *Secret, references map[string]bool) error {
	text, err := recordLines(s)
	if err != nil {
		return err
	}
	d.seen++
	d.keyUsers[keyReference(s.KMSKeyID)]++
	references[keyReference(s.KMSKeyID)] = true
	for _, v := range s.Versions {
		for _, k := range v.KMSKeyIDs {
			references[k] = true
		}
	}
	return d.secrets.add([]byte(s.ARN), text)
}

// Portrait says the few things that a person wants to know of the one secret
// that an inventory is about: whether it is there, its rotation, key, replicas
// and last access, for each region that has it.
func (inv *Inventory) Portrait(settings Settings) ([]report.Fact, error) {
	var facts []report.Fact
	for _, at := range inv.sorted() {
		r := inv.region(at, settings)
		for s, err := range inv.secrets(at) {
			if err != nil {
				return nil, err
			}
			facts = append(facts, portrait(s, r)...)
		}
	}
	return facts, nil
}

func portrait(s *Secret, r *Region) []report.Fact {
	facts := []report.Fact{
		{Label: "secret", Text: s.ARN},
		{Label: "there", Text: presence(s)},
	}
	if s.Vanished {
		return facts
	}
	return append(append(facts,
		report.Fact{Label: "rotation", Text: rotation(s)},
		report.Fact{Label: "key", Text: keyFact(s, r)},
		report.Fact{Label: "replicas", Text: replicaFact(s)},
		report.Fact{Label: "last access", Text: accessFact(s, r)},
	), eventFacts(s, r)...)
}

// presence says whether the secret can be had. Its value is never read, so what
// is said is that its metadata can be.
func presence(s *Secret) string {
	switch {
	case s.Vanished:
		return "it was, and was gone when it was asked for"
	case s.Deleted != nil:
		return "yes, but it will be deleted on " + s.Deleted.UTC().Format(time.DateOnly)
	}
	for _, g := range s.Gaps {
		if g.Operation == DescribeSecret {
			return "yes, but " + string(g.Operation) + " " + g.phrase()
		}
	}
	return "yes, its metadata can be read; its value was not"
}

func rotation(s *Secret) string {
	if s.PrimaryRegion != "" && s.PrimaryRegion != s.Region {
		return "that of its primary in " + s.PrimaryRegion
	}
	if s.RotationEnabled == nil || !*s.RotationEnabled {
		return "off" + onDate(", last on ", s.LastRotated)
	}
	text := "on"
	if rules := s.RotationRules; rules != nil {
		switch {
		case rules.ScheduleExpression != "":
			text += ", " + rules.ScheduleExpression
		case rules.AutomaticallyAfterDays != nil:
			text += fmt.Sprintf(", every %d days", *rules.AutomaticallyAfterDays)
		}
	}
	return text + onDate(", last on ", s.LastRotated) + onDate(", next by ", s.NextRotation)
}

func keyFact(s *Secret, r *Region) string {
	if r.ManagedKey(s.KMSKeyID) {
		return "the one that AWS manages for Secrets Manager"
	}
	text := s.KMSKeyID
	if k := r.Key(s.KMSKeyID); k != nil && k.State != "" {
		text += ", " + k.State
	} else {
		text += ", its state is not known"
	}
	return text
}

func replicaFact(s *Secret) string {
	if s.PrimaryRegion != "" && s.PrimaryRegion != s.Region {
		return "it is one, of " + s.PrimaryRegion
	}
	if len(s.Replicas) == 0 {
		return "none"
	}
	var list []string
	for _, c := range s.Replicas {
		list = append(list, strings.TrimSpace(c.Region+" "+c.Status))
	}
	return strings.Join(list, ", ")
}

// accessFact joins what Secrets Manager says, to the day, with who read it last.
func accessFact(s *Secret, r *Region) string {
	text := "never, as far as Secrets Manager knows"
	if s.LastAccessed != nil {
		text = s.LastAccessed.UTC().Format(time.DateOnly)
	}
	var last *Activity
	for _, a := range r.Activity(s) {
		if a.Event == "GetSecretValue" && a.Error == "" && (last == nil || a.Last.After(last.Last)) {
			last = a
		}
	}
	if last != nil {
		text += fmt.Sprintf("; read by %s at %s UTC", last.Principal, last.Last.UTC().Format("2006-01-02 15:04"))
	}
	return text
}

func onDate(label string, t *time.Time) string {
	if t == nil {
		return ""
	}
	return label + t.UTC().Format(time.DateOnly)
}
