package audit

import (
	"cmp"
	"maps"
	"slices"
)

// A roster holds the principals of an inventory as policies see them, prepared
// once for all secrets. It is read by several goroutines.
type roster struct {
	parties map[string][]*party    // by account, sorted by ARN; groups are in their users
	folders map[string]*folders    // the same, by account
	members map[string]*membership // by account
	whole   map[string]bool        // accounts of which all parties are known
	keys    map[string]*document   // policies of keys, by the ARN of the key
}

func newRoster(inv *Inventory) *roster {
	all := &roster{parties: map[string][]*party{}, folders: map[string]*folders{}, whole: map[string]bool{}, members: map[string]*membership{}, keys: map[string]*document{}}
	for at, d := range inv.cells {
		for arn, k := range d.keys {
			if k.Policy != "" {
				all.keys[arn] = newDocument("the policy of the key", k.Policy, ofResource)
			}
		}
		if at.isGlobal() {
			all.members[at.account] = newMembership(at.account, d.organization)
			all.parties[at.account] = newMuster(d, all.members[at.account]).parties()
			all.whole[at.account] = d.record != nil && gapOf(d.gaps, GetAccountAuthorizationDetails) == nil
			all.folders[at.account] = newFolders(all.parties[at.account])
		}
	}
	return all
}

// newMembership prepares what is known of an account's organization.
func newMembership(account string, o *Organization) *membership {
	if o == nil {
		return &membership{}
	}
	return &membership{
		asked: true, id: o.ID, path: o.Path, management: o.ManagementAccount == account, unbound: o.lacksControls(serviceControls, o.ServiceControls),
		services: levelsOf(o.ServiceControls, "the service control policy ", ofIdentity), resources: levelsOf(o.ResourceControls, "the resource control policy ", ofResource),
	}
}

func levelsOf(list []ControlLevel, noun string, of grammar) [][]*document {
	var levels [][]*document
	for _, one := range list {
		level := []*document{}
		for _, p := range one.Policies {
			if d := keptDocument(noun+shown(p.Name)+" on "+shown(one.Target), p.Document, p.Unread, of); d != nil {
				level = append(level, d)
			}
		}
		levels = append(levels, level)
	}
	return levels
}

// keptDocument prepares a policy of the inventory, nil for one that has nothing
// about secrets or keys.
func keptDocument(name, text, unread string, of grammar) *document {
	switch {
	case unread != "":
		return unreadDocument(name, unread)
	case text == "":
		return nil
	}
	return newDocument(name, text, of)
}

// A muster makes the parties of one account.
type muster struct {
	data    *cellData
	member  *membership
	managed map[string]*document
	groups  map[string][]*document // by name
}

func newMuster(d *cellData, member *membership) *muster {
	m := &muster{data: d, member: member, managed: map[string]*document{}, groups: map[string][]*document{}}
	for arn, p := range d.policies {
		m.managed[arn] = keptDocument("the policy "+shown(arn), p.Document, p.Unread, ofIdentity)
	}
	for _, i := range d.identities {
		if i.Kind == KindGroup {
			m.groups[i.Name] = m.documents(i, " of the group "+shown(i.Name))
		}
	}
	return m
}

func (m *muster) parties() []*party {
	list := []*party{} // an account without any is known too
	for _, arn := range slices.Sorted(maps.Keys(m.data.identities)) {
		i := m.data.identities[arn]
		if i.Kind == KindGroup {
			continue
		}
		p := &party{
			kind: aUser, arn: arn, account: i.Account, id: i.ID, name: i.Name, tags: i.Tags, sessionTags: i.SessionTags, known: true,
			documents: m.documents(i, ""), member: m.member,
		}
		if i.Kind == KindRole {
			p.kind, p.linked = aRole, isServiceLinked(arn)
		}
		if i.Boundary != "" {
			p.boundary = cmp.Or(m.attached(i.Boundary), &document{})
		}
		for _, group := range i.Groups {
			p.documents = append(p.documents, m.groupDocuments(group)...)
		}
		list = append(list, p)
	}
	return list
}

// documents prepares the policies of an identity itself.
func (m *muster) documents(i *Identity, of string) []*document {
	var list []*document
	for _, p := range i.Policies {
		if d := keptDocument("the inline policy "+shown(p.Name)+of, p.Document, p.Unread, ofIdentity); d != nil {
			list = append(list, d)
		}
	}
	for _, arn := range i.Attached {
		if d := m.attached(arn); d != nil {
			list = append(list, d)
		}
	}
	return list
}

// attached is a managed policy. One that the inventory does not hold could say
// anything.
func (m *muster) attached(arn string) *document {
	d, held := m.managed[arn]
	if !held {
		return unreadDocument("the policy "+shown(arn), "the inventory does not hold it")
	}
	return d
}

func (m *muster) groupDocuments(name string) []*document {
	list, held := m.groups[name]
	if !held {
		return []*document{unreadDocument("the group "+shown(name), "the inventory does not hold it")}
	}
	return list
}
