package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/rules"
)

// checkRules says which rules are active, from which confidence on their findings count,
// and what decides so where it is not the default.
func (a *app) checkRules(p *patient) diagnosis {
	c := p.job.config
	d := diagnosis{Check: "rules", Status: statusOK}
	own := ownRules(p.job.set)
	d.Detail = fmt.Sprintf("%d active, %d of them built in; findings count from confidence %s on (%s)",
		p.job.set.Len(), p.job.set.Len()-len(own), p.scan.minConfidence, a.decider(p, "min-confidence"))
	var why []string
	if c.ExtendBuiltin != nil && !*c.ExtendBuiltin {
		d.Status = statusNote
		why = append(why, "extend-builtin = false in "+c.name+": none is built in")
	}
	for _, file := range c.Rules.Files {
		why = append(why, shownName(file)+" adds "+someOf(rulesFrom(own, filepath.Join(c.dir, file))))
	}
	flagged := p.scan.disable[:len(p.scan.disable)-len(c.Rules.Disable)] // see settle
	for _, off := range []struct {
		by, verb string
		ids      []string
	}{
		{a.decider(p, "disable"), "switches off", flagged},
		{"rules.disable in " + c.name, "switches off", c.Rules.Disable},
		{a.decider(p, "only"), "leaves only", p.scan.only},
	} {
		if len(off.ids) > 0 {
			why = append(why, off.by+" "+off.verb+" "+someOf(off.ids))
		}
	}
	d.Hint = report.Inert(strings.Join(why, "; "))
	return d
}

// decider names what gave a flag its value.
func (a *app) decider(p *patient, flag string) string {
	switch variable := variableOf(flag); {
	case a.getenv(variable) != "":
		return variable
	case p.flags.Changed(flag):
		return report.Inert("scan." + flag + " in " + p.job.config.name)
	}
	return "the default"
}

// ownRules are the rules of a set that are not built in.
func ownRules(set *rules.Set) (own []rules.Rule) {
	builtin := map[string]bool{}
	for _, r := range rules.Builtin() {
		builtin[r.ID] = true
	}
	return slices.DeleteFunc(set.Rules(), func(r rules.Rule) bool { return builtin[r.ID] })
}

// rulesFrom lists the ids of the rules that came from a file.
func rulesFrom(own []rules.Rule, file string) (ids []string) {
	for _, r := range own {
		if r.Origin[:max(strings.LastIndexByte(r.Origin, ':'), 0)] == file {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// namesShown is how many names a line lists.
const namesShown = 10

// someOf lists names, and counts those for which there is no room.
func someOf(names []string) string {
	if len(names) == 0 {
		return "none that is active"
	}
	text := strings.Join(names[:min(len(names), namesShown)], ", ")
	if more := len(names) - namesShown; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
