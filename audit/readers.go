package audit

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// A Decision says whether a principal can read a secret.
type Decision string

const (
	// Allowed says that its policies let it, whatever the request.
	Allowed Decision = "allowed"
	// Conditional says that it depends on the request, on another account, or on a
	// condition that is not understood.
	Conditional Decision = "conditional"
	// Undecided says that it could not be told for want of a fact that was not had.
	Undecided Decision = "unknown"
)

// A Reader is a principal that can, or may be able to, read a secret.
type Reader struct {
	// Principal is the ARN of a user or role, the number of an account, the name of
	// a service or of a provider of identities, or "*" for everyone.
	Principal string `json:"principal"`
	// Kind is "user", "role", "service-linked role", "account", "service", "everyone",
	// "federated user" or "identity provider".
	Kind     string   `json:"kind"`
	Decision Decision `json:"decision"`
	// Why names the policies that allow it, or what the decision depends on.
	Why []string `json:"why"`
	// Administrator says that the settings name it as one that may read everything.
	Administrator bool `json:"administrator,omitempty"`
	// Rotates says that it is the role of the function that rotates the secret.
	Rotates bool `json:"rotates,omitempty"`
	// Reads counts what it read in the window of the events, LastRead is when it did
	// last, nil for never.
	Reads    int64      `json:"reads"`
	LastRead *time.Time `json:"last_read,omitempty"`

	id string
}

// The kinds of readers besides users and roles.
const (
	KindLinkedRole = "service-linked role"
	KindAccount    = "account"
	KindService    = "service"
	KindEveryone   = "everyone"
	// KindFederatedUser is a session that sts:GetFederationToken makes of a user.
	KindFederatedUser = "federated user"
	// KindProvider stands for the sessions of those who sign in with SAML, OIDC or Cognito.
	KindProvider = "identity provider"
)

// person reports whether r is a user or a role that somebody gave its rights.
func (r *Reader) person() bool { return r.Kind == KindUser || r.Kind == KindRole }

// readersOf decides for every principal that could read a secret, sorted by ARN.
// why says why nothing can be said of anybody, "" if something can.
func (r *Region) readersOf(s *Secret) (list []Reader, why string) {
	if why := r.lacks(GetAccountAuthorizationDetails, nil); why != "" || r.roster == nil {
		return nil, cmp.Or(why, "the account's identities are not in the inventory")
	}
	switch {
	case s.Vanished:
		return nil, "nothing is known of it but that it was there"
	case s.Deleted != nil:
		return nil, ""
	}
	t := r.locks(s)
	for _, p := range t.candidates() {
		one := t.judge(p)
		if one.truth == no {
			continue
		}
		reader := newReader(p, one)
		reader.Administrator = r.Settings.administers(p.arn)
		list = append(list, reader)
	}
	slices.SortStableFunc(list, func(a, b Reader) int { return strings.Compare(a.Principal, b.Principal) })
	return list, ""
}

// A locks is a secret with the two locks on it.
type locks struct {
	*Secret
	region        *Region
	policy        resourcePolicy // of the secret
	key           *Key           // nil if nothing is known of it
	keyARN        string         // "" if it is not known
	keyOwner      string
	keyPolicy     resourcePolicy
	owner, keeper *membership // of the accounts that own the secret and the key
	read, decrypt request
}

func (r *Region) locks(s *Secret) *locks {
	t := &locks{Secret: s, region: r, owner: r.roster.members[s.Account]}
	const name = "the resource policy"
	if why := r.lacks(GetResourcePolicy, s.Gaps); s.Policy == "" && why != "" {
		t.policy.documents = []*document{unreadDocument(name, why)}
	} else if s.Policy != "" {
		t.policy.documents = []*document{newDocument(name, s.Policy, ofResource)}
	}
	t.findKey()
	t.read = request{action: readSecret, resource: t.ARN, owner: t.Account, secret: t.Secret, key: t.key, region: t.Region, now: r.Now, owners: t.owner}
	t.decrypt = t.read
	t.decrypt.action, t.decrypt.resource, t.decrypt.owner, t.decrypt.owners = decryptSecret, t.keyARN, t.keyOwner, t.keeper
	t.decrypt.managed = r.keyKind(t.KMSKeyID) == awsKey
	return t
}

// findKey finds out who may decrypt.
func (t *locks) findKey() {
	r := t.region
	t.key, t.keyPolicy.delegates = r.Key(t.KMSKeyID), true
	reference := t.KMSKeyID
	if t.key != nil {
		reference, t.keyPolicy.grants = t.key.ARN, t.key.Grants
	}
	t.keyOwner = cmp.Or(accountOf(reference), t.Account) // also that of an alias
	if strings.Contains(reference, ":key/") {
		t.keyARN = reference
	}
	t.keeper = r.roster.members[t.keyOwner]
	const name = "the policy of the key"
	if t.key != nil && r.keyKind(t.KMSKeyID) != awsKey {
		t.keyPolicy.ungranted = r.lacks(ListGrants, t.key.Gaps)
	}
	switch {
	case r.keyKind(t.KMSKeyID) == awsKey:
		t.keyPolicy.documents = []*document{managedKeyPolicy(t.Account, t.Region)}
	case t.key == nil:
		t.keyPolicy.documents = []*document{unreadDocument(name, r.whyNoKey(nil))}
	case r.roster.keys[t.key.ARN] != nil:
		t.keyPolicy.documents = []*document{r.roster.keys[t.key.ARN]}
	default:
		t.keyPolicy.documents = []*document{unreadDocument(name, r.whyNo(GetKeyPolicy, t.key.Gaps))}
	}
}

// managedKeyPolicy is what KMS documents of the key that AWS manages for Secrets
// Manager: whoever of the account may use the service may use the key through it.
func managedKeyPolicy(account, region string) *document {
	return newDocument("the policy of AWS's key", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"kms:Decrypt","Resource":"*",`+
		`"Condition":{"StringEquals":{"kms:CallerAccount":"`+account+`","kms:ViaService":"secretsmanager.`+region+`.amazonaws.com"}}}}`, ofResource)
}

// judge says whether a principal can read the secret: whether it may, and may
// decrypt.
func (t *locks) judge(p *party) claim {
	if t.key != nil && t.key.State == KeyNotFound {
		return claim{} // nobody can decrypt it
	}
	if t.decrypt.managed && p.account != t.Account && p.kind != aService && p.kind != aProvider {
		return claim{} // it decrypts for its own account alone
	}
	t.read.who, t.decrypt.who = p, p
	may := t.read.decide(&t.policy)
	if may.truth == no {
		return may
	}
	key := t.decrypt.decide(&t.keyPolicy)
	all := both(may, key)
	if all.truth == yes {
		all.doubts = []doubt{{text: sourceOf(may)}, {text: sourceOf(key)}}
	}
	return all
}

func sourceOf(c claim) string {
	if c.by == nil {
		return "a grant of the key"
	}
	return c.by.document.name
}

// candidates are the principals that a policy may let read the secret: those of
// its account, and outside of it those that its own policy speaks of.
func (t *locks) candidates() []*party {
	list := t.region.roster.folders[t.Account].of(t.ARN)
	named := map[string]*party{}
	for _, d := range t.policy.documents {
		if d.unread != "" || len(d.clauses[readSecret][allowing]) > 0 { // it may let anybody in
			list = t.region.roster.parties[t.Account]
		}
		if d.unread != "" {
			named["*"] = &party{kind: everybody, arn: "*"}
		}
		for _, c := range d.clauses[readSecret][denying] {
			for i := range c.principals { // who is exempt from a Deny may be of everyone
				if p := t.outsider(&c.principals[i]); p != nil && c.notPrincipal {
					named[p.arn] = p
				}
			}
		}
		for _, c := range d.clauses[readSecret][allowing] {
			if c.notPrincipal {
				named["*"] = &party{kind: everybody, arn: "*"}
			}
			for i := range c.principals {
				if p := t.outsider(&c.principals[i]); p != nil && !c.notPrincipal {
					named[p.arn] = p
				}
			}
		}
	}
	for _, p := range t.sessions() {
		named[p.arn] = p
	}
	foreign := map[string]bool{}
	for _, p := range named {
		if p.kind == everybody { // also the identities of other accounts that are known
			for account := range t.region.roster.parties {
				foreign[account] = true
			}
		}
		foreign[p.account] = true
	}
	delete(foreign, t.Account)
	list = slices.Clip(list)
	for _, account := range slices.Sorted(maps.Keys(foreign)) {
		list = append(list, t.region.roster.parties[account]...)
	}
	for _, name := range slices.Sorted(maps.Keys(named)) {
		p := named[name]
		held := slices.ContainsFunc(t.region.roster.parties[p.account], func(o *party) bool { return o.arn == p.arn })
		if p.kind == aFederatedUser || !held && !t.region.roster.whole[p.account] {
			list = append(list, p)
		}
	}
	return list
}

// sessions are the principals without an identity in IAM that the policy of the key or
// a grant names. The secret may be open to them by what they are sessions of.
func (t *locks) sessions() []*party {
	var list []*party
	take := func(named *principal) {
		if p := t.outsider(named); p != nil && (p.kind == aProvider || p.kind == aFederatedUser) {
			list = append(list, p)
		}
	}
	for _, d := range t.keyPolicy.documents {
		for _, c := range d.clauses[decryptSecret][allowing] {
			for i := range c.principals {
				take(&c.principals[i])
			}
		}
	}
	for i := range t.keyPolicy.grants {
		take(&principal{kind: "AWS", value: t.keyPolicy.grants[i].Grantee})
	}
	return list
}

// outsider is the principal that a policy names, nil for a user or role of the secret's
// own account and for one that cannot ask for a secret.
func (t *locks) outsider(named *principal) *party {
	switch {
	case named.kind == "Federated":
		return &party{kind: aProvider, arn: named.value}
	case strings.Contains(named.value, ":federated-user/") && named.kind == "AWS" && accountOf(named.value) != "":
		account := accountOf(named.value)
		limits := unreadDocument("the policy of the session or of the user that asked for it", "neither is known") // who has the rights of both
		return &party{kind: aFederatedUser, arn: named.value, account: account, documents: []*document{limits}, member: t.region.roster.members[account]}
	case named.kind == anyone:
		return &party{kind: everybody, arn: "*"}
	case named.kind == "Service":
		return &party{kind: aService, arn: named.value}
	}
	account := accountOf(named.value)
	switch {
	case named.kind != "AWS", account == "", account == t.Account:
		return nil
	case account == named.value || strings.HasSuffix(named.value, ":root"):
		return &party{kind: anAccount, arn: account, account: account}
	case strings.Contains(named.value, ":user/"):
		return &party{kind: aUser, arn: named.value, account: account}
	}
	return &party{kind: aRole, arn: named.value, account: account}
}

func newReader(p *party, one claim) Reader {
	r := Reader{Principal: p.arn, Decision: Allowed, id: p.id, Kind: [...]string{
		aUser: KindUser, aRole: KindRole, anAccount: KindAccount, aService: KindService, everybody: KindEveryone,
		aFederatedUser: KindFederatedUser, aProvider: KindProvider,
	}[p.kind]}
	if p.linked {
		r.Kind = KindLinkedRole
	}
	if one.truth == maybe {
		r.Decision = Conditional
	}
	for _, d := range one.doubts {
		if d.unread {
			r.Decision = Undecided
		}
		if !slices.Contains(r.Why, d.text) {
			r.Why = append(r.Why, d.text)
		}
	}
	return r
}

func isServiceLinked(arn string) bool { return strings.Contains(arn, ":role/aws-service-role/") }

// administers reports whether the settings name a principal as an administrator.
func (s *Settings) administers(arn string) bool {
	return slices.ContainsFunc(s.Administrators, func(pattern string) bool { return matchWild(pattern, arn) })
}
