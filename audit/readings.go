package audit

import (
	"cmp"
	"errors"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/assayhq/assay/report"
)

// An Access says who can read one secret, against who did.
type Access struct {
	Account string `json:"account"`
	Region  string `json:"region"`
	ARN     string `json:"arn"`
	Name    string `json:"name"`
	// NotEvaluated says why nothing can be said, "" if something can.
	NotEvaluated string `json:"not_evaluated,omitempty"`
	// Readers are sorted by principal.
	Readers []Reader `json:"readers,omitempty"`
	// Others read the secret in the window, and no policy that is known lets them.
	Others []Reader `json:"others,omitempty"`
	// From and To are the window of the events, nil if none were read.
	From *time.Time `json:"from,omitempty"`
	To   *time.Time `json:"to,omitempty"`
	// Unused are the users and roles among Readers that did not read in the window,
	// administrators and the role of the rotation apart.
	Unused []string `json:"unused,omitempty"`
	// Proposal is a statement for the policy of the secret that leaves it to those
	// that read it and to the administrators, nil where that would change nothing or
	// is not known well enough.
	Proposal *PolicyDocument `json:"proposal,omitempty"`
	// Limits say what was not looked at.
	Limits []string `json:"limits,omitempty"`
}

// Access yields what can be said of every secret, by account, region and ARN.
func (inv *Inventory) Access(settings Settings) iter.Seq2[*Access, error] {
	return func(yield func(*Access, error) bool) {
		if err := inv.link(); err != nil {
			yield(nil, err)
			return
		}
		for _, at := range inv.sorted() {
			r := inv.region(at, settings)
			for a, err := range inOrder(inv.secrets(at), func(s *Secret) *Access { return r.Access(s) }) {
				if !yield(a, err) || err != nil {
					return
				}
			}
		}
	}
}

// Access says who can read a secret of the region.
func (r *Region) Access(s *Secret) *Access {
	a := &Access{Account: s.Account, Region: s.Region, ARN: s.ARN, Name: s.Name}
	if a.Readers, a.NotEvaluated = r.readersOf(s); a.NotEvaluated != "" {
		return a
	}
	if r.Events != nil {
		from, to := r.Events.From.UTC(), r.Events.To.UTC()
		a.From, a.To = &from, &to
		a.count(filterActivity(r.Activity(s), isGoodRead))
	}
	a.Limits = append(r.accessLimits(s), r.controlLimits(a.Readers)...)
	rotator, known := r.rotatorOf(s)
	if !known {
		a.Limits = append(a.Limits, "the role of its rotation function is not known, so that no statement is proposed that might lock it out")
	}
	if a.From == nil || r.Covered() < time.Duration(r.Settings.MinAccessDays)*24*time.Hour {
		return a
	}
	for i := range a.Readers {
		one := &a.Readers[i]
		one.Rotates = rotator != "" && one.Principal == rotator
		if one.person() && !one.Administrator && !one.Rotates && one.Reads == 0 {
			a.Unused = append(a.Unused, one.Principal)
		}
	}
	if known {
		a.Proposal = a.propose()
	}
	return a
}

// rotatorOf is the role of the function that rotates a secret, "" for none.
func (r *Region) rotatorOf(s *Secret) (role string, known bool) {
	if !rotates(s) || s.RotationLambdaARN == "" {
		return "", true
	}
	f := r.Function(s.RotationLambdaARN)
	if f == nil || f.Role == "" {
		return "", f != nil && f.NotFound
	}
	return f.Role, true
}

// count gives each reader what it read.
func (a *Access) count(reads []*Activity) {
	byName := map[string]*Reader{}
	for i := range a.Readers {
		r := &a.Readers[i]
		for _, name := range r.names() {
			byName[name] = r
		}
	}
	others := map[string]*Reader{}
	for _, one := range reads {
		r := cmp.Or(byName[one.Principal], byName[withoutPath(one.Principal)], others[one.Principal])
		if r == nil {
			r = &Reader{Principal: cmp.Or(one.Principal, one.PrincipalType), Kind: one.PrincipalType}
			others[one.Principal] = r
		}
		r.Reads += times(one)
		if last := one.Last.UTC(); r.LastRead == nil || last.After(*r.LastRead) {
			r.LastRead = &last
		}
	}
	for _, r := range others {
		a.Others = append(a.Others, *r)
	}
	slices.SortFunc(a.Others, func(x, y Reader) int { return strings.Compare(x.Principal, y.Principal) })
}

// names are those under which CloudTrail may file what r did: with its path, as a
// session shows a role, and as another account's trail does.
func (r *Reader) names() []string {
	names := []string{r.Principal, withoutPath(r.Principal)}
	if r.id != "" {
		names = append(names, accountOf(r.Principal)+"/"+r.id)
	}
	return names
}

// propose writes the statement that keeps out everyone but those that read or rotate. Users
// and roles of other accounts stay as they are named; services are not bound, nor are the
// roles that only they can take on, whose reads CloudTrail may file under the service, as it
// files those of a federated user under the user that asked for the session. There is none
// where somebody read whose ARN is not known, and who would be locked out.
func (a *Access) propose() *PolicyDocument {
	var keep []string
	for _, r := range slices.Concat(a.Readers, a.Others) {
		named := strings.HasPrefix(r.Principal, "arn:")
		switch {
		case named && (r.Reads > 0 || r.Administrator || r.Rotates || r.Kind == KindLinkedRole || r.Kind == KindFederatedUser):
			keep = append(keep, r.Principal)
		case !named && r.Reads > 0 && r.Kind != KindService && r.Kind != "AWSService":
			return nil
		}
	}
	readers := slices.ContainsFunc(a.Readers, func(r Reader) bool { return r.Reads > 0 && strings.HasPrefix(r.Principal, "arn:") })
	if len(a.Unused) == 0 || !readers {
		return nil
	}
	slices.Sort(keep)
	return &PolicyDocument{Version: "2012-10-17", Statement: []PolicyStatement{{
		Sid: "OnlyWhoReads", Effect: "Deny", Principal: map[string]string{"AWS": "*"}, Action: []string{readSecret.String()}, Resource: "*",
		Condition: map[string]map[string][]string{
			"ArnNotEquals": {"aws:PrincipalArn": slices.Compact(keep)},
			"Bool":         {"aws:PrincipalIsAWSService": {"false"}},
		},
	}}}
}

// accessLimits says what was not looked at for a secret.
func (r *Region) accessLimits(s *Secret) []string {
	limits := []string{"session policies, which can only take away, and the account's root user are not looked at"}
	if s.Deleted != nil {
		limits = append(limits, "nobody can read it at present: it waits for its deletion")
	}
	if k := r.Key(s.KMSKeyID); k != nil {
		if useOf(k.State) == unusable {
			limits = append(limits, "nobody can read it at present: the state of its key is "+shown(k.State))
		}
		if why := r.lacks(ListGrants, k.Gaps); why != "" && r.keyKind(s.KMSKeyID) != awsKey {
			limits = append(limits, "the grants of its key were not read, which may give access: "+why)
		}
	}
	return limits
}

// controlLimits says which policies of organizations were not read that bind the
// account, or the other accounts of its readers.
func (r *Region) controlLimits(readers []Reader) (limits []string) {
	o := r.Organization()
	switch {
	case o == nil:
		limits = append(limits, "the organization was not read, whose policies may take access away")
	case o.lacksControls(serviceControls, o.ServiceControls):
		limits = append(limits, "the organization's control policies were not read, which may take access away")
	case o.lacksControls(resourceControls, o.ResourceControls):
		limits = append(limits, "the organization's resource control policies were not read, which may take access away")
	}
	others := map[string]bool{}
	for i := range readers {
		account := accountOf(readers[i].Principal)
		m := r.roster.members[account]
		if account != r.Account && m != nil && (!m.asked || m.unbound) {
			others[account] = true
		}
	}
	if len(others) > 0 {
		limits = append(limits, "the control policies that bind readers of account "+listed(slices.Sorted(maps.Keys(others)))+" were not read, which may take access away")
	}
	return limits
}

// lacksControls reports whether policies of a kind bind the account that were not read.
func (o *Organization) lacksControls(kind string, levels []ControlLevel) bool {
	return o.ID != "" && o.ManagementAccount != o.Account && levels == nil && !slices.Contains(o.ControlsOff, kind)
}

// Resource is the secret as reports name it.
func (a *Access) Resource() report.Resource {
	return report.Resource{ARN: a.ARN, Name: a.Name, Type: "AWS::SecretsManager::Secret", Account: a.Account, Region: a.Region}
}

// AccessNotices says what is missing of what Access rests on, besides what it says
// of single secrets itself.
func (inv *Inventory) AccessNotices() []report.Notice {
	ops := OperationsOf(slices.DeleteFunc(Checks(), func(c *Check) bool { return !c.AboutReaders() }))
	var list []report.Notice
	note := func(at cell, text string) {
		list = append(list, report.Notice{Subject: at.account + " " + at.region, Err: errors.New(text)})
	}
	for _, at := range inv.sorted() {
		d := inv.cells[at]
		if d.record == nil || d.record.Status == RegionNotExamined && len(d.gaps) == 0 {
			note(at, "it was not examined to its end")
		}
		for i := range d.gaps {
			if slices.Contains(ops, d.gaps[i].Operation) {
				note(at, string(d.gaps[i].Operation)+" "+d.gaps[i].phrase())
			}
		}
		if d.organization == nil {
			continue
		}
		for _, g := range d.organization.Gaps {
			note(at, string(g.Operation)+" "+g.phrase())
		}
	}
	if inv.Broken {
		list = append(list, report.Notice{Subject: "inventory", Err: errors.New("it is not whole: the collection was broken off, or the file was cut or changed")})
	}
	return list
}
