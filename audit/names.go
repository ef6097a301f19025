package audit

import "strings"

// Names returns the names that the texts of a report on inv may hold and that no form
// gives away: of secrets, keys, functions, trails, configurations, and of who did what.
func (inv *Inventory) Names() ([]string, error) {
	seen := map[string]bool{}
	var list []string
	add := func(names ...string) {
		for _, n := range names {
			if n != "" && !seen[n] && !strings.HasSuffix(n, ".amazonaws.com") {
				seen[n] = true
				list = append(list, n)
			}
		}
	}
	for _, at := range inv.sorted() {
		d := inv.cells[at]
		for s, err := range inv.secrets(at) {
			if err != nil {
				return nil, err
			}
			add(s.Name, tailOf(s.ARN))
		}
		for _, k := range d.keys {
			add(append([]string{tailOf(k.ARN)}, k.References...)...)
		}
		for _, f := range d.functions {
			add(tailOf(f.ARN))
		}
		for _, t := range d.trails {
			add(t.Name, tailOf(t.ARN))
		}
		if d.watch != nil {
			add(d.watch.names()...)
		}
		for _, c := range d.configs {
			add(c.Name, tailOf(c.ARN))
		}
		for _, a := range d.activities {
			add(a.Principal, tailOf(a.Principal), a.SecretID, tailOf(a.SecretID))
		}
		for _, i := range d.identities {
			add(append([]string{i.Name, tailOf(i.ARN)}, i.Groups...)...)
			for _, p := range i.Policies {
				add(p.Name)
			}
		}
		for _, p := range d.policies {
			if !strings.Contains(p.ARN, ":iam::aws:") { // AWS's own are known to everyone
				add(p.Name, tailOf(p.ARN))
			}
		}
		for _, g := range d.gaps {
			add(g.Resource, tailOf(g.Resource))
		}
	}
	return list, nil
}

// names are those of what watches over events.
func (w *Watch) names() (list []string) {
	for _, f := range w.Filters {
		list = append(list, f.Name, f.LogGroup)
		list = append(list, f.Metrics...)
	}
	for _, a := range w.Alarms {
		list = append(list, a.Name) // its metric may be one of AWS's own
	}
	for _, r := range w.Rules {
		list = append(list, r.Name)
		if r.Bus != "default" {
			list = append(list, r.Bus)
		}
	}
	return list
}

// tailOf is what stands last in an ARN, behind the kind of what it names; "" for what
// is none.
func tailOf(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" {
		return ""
	}
	if i := strings.IndexAny(parts[5], ":/"); i >= 0 {
		return parts[5][i+1:]
	}
	return parts[5]
}
