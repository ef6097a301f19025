package audit

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A request is what a policy is asked about: one principal that asks for one
// action on one resource. What is not known of it, such as the address that it
// comes from, makes what depends on that doubtful.
type request struct {
	who    *party
	action action
	// resource is an ARN, "" for a key whose ARN is not known.
	resource string
	// owner is the account of the resource.
	owner  string
	secret *Secret // that is read, nil for one that stands for any
	key    *Key    // nil if nothing is known of it
	// managed says that the resource is a key that AWS manages.
	managed bool
	region  string
	now     time.Time
	// owners are the facts of the owner's organization.
	owners *membership
}

// An action is one of the two that it takes to read a secret.
type action uint8

const (
	readSecret action = iota
	decryptSecret
	actions // how many there are
)

func (a action) String() string {
	return [actions]string{"secretsmanager:GetSecretValue", "kms:Decrypt"}[a]
}

// A partyKind says what a principal is.
type partyKind uint8

const (
	aUser partyKind = iota
	aRole
	anAccount // as a whole, for the identities in it that are not known
	aService
	everybody
	aFederatedUser // a session that sts:GetFederationToken made of a user that nobody knows
	aProvider      // of identities: SAML, OIDC or Cognito
)

// A party is a principal as policies see it.
type party struct {
	kind    partyKind
	arn     string // of an account its number, of a service its name
	account string
	id      string // unique id, "AROA..."
	name    string
	tags    map[string]string
	// sessionTags says that sessions may bring tags of their own.
	sessionTags bool
	// known says that its own policies were collected.
	known     bool
	documents []*document // of itself and its groups
	boundary  *document   // nil for none
	linked    bool        // a role that only a service can take on
	member    *membership
}

// A membership is what is known of an account's place in an organization.
type membership struct {
	asked bool   // DescribeOrganization was answered
	id    string // "" for an account in none
	path  string // "o-a1/r-b2/ou-c3/", "" if it is not known
	// management says that it is the management account, which no policy of the
	// organization binds.
	management bool
	// services and resources are the policies that bind what the account's
	// principals may do, and what may be done with its resources: those of the root, of each
	// unit and of the account. Nil if they are not known.
	services, resources [][]*document
	// unbound says that policies that bind the account's principals were not read.
	unbound bool
}

// A fact is what is known of one key of a request.
type fact struct {
	there  truth // whether the request has the key
	values []string
	// why says why the values are not known, "" if they are. With begins every
	// value begins with the one that is given.
	why    string
	unread bool
	begins bool
}

var absent = fact{}

func given(values ...string) fact { return fact{there: yes, values: values} }

// of is given for text that may be missing.
func of(value string) fact {
	if value == "" {
		return absent
	}
	return given(value)
}

// depends is the fact of a key that differs from request to request.
func depends() fact { return fact{there: maybe, why: "differs from request to request"} }

func unknown(why string) fact { return fact{there: maybe, why: why, unread: true} }

// fact returns what is known of a key, which is in lower case.
func (q *request) fact(key string) fact {
	service, _, _ := strings.Cut(key, ":")
	if other, own := foreignKeys[service]; own && q.action == other {
		return absent
	}
	if read := factKeys[key]; read.fact != nil {
		return read.fact(q)
	}
	head, tag, _ := strings.Cut(key, "/")
	switch head {
	case "aws:principaltag":
		return q.who.tag(tag)
	case "aws:resourcetag", "secretsmanager:resourcetag":
		return q.resourceTag(tag)
	case "aws:requesttag":
		return absent // nothing is tagged here
	}
	return fact{there: maybe, why: "is not understood"}
}

// foreignKeys gives the action whose requests lack the keys of a service, known or not:
// each service puts its own into the requests to it alone.
var foreignKeys = map[string]action{"kms": readSecret, "secretsmanager": decryptSecret}

// shownKey is a key as AWS's guides write it.
func shownKey(key string) string {
	head, tag, tagged := strings.Cut(key, "/")
	name := cmp.Or(factKeys[key].name, tagKeys[head], shown(head))
	if tagged && factKeys[key].name == "" {
		name += "/" + shown(tag)
	}
	return name
}

var tagKeys = map[string]string{
	"aws:principaltag": "aws:PrincipalTag", "aws:resourcetag": "aws:ResourceTag", "secretsmanager:resourcetag": "secretsmanager:ResourceTag",
	"aws:requesttag": "aws:RequestTag",
}

// A factKey is a condition key that is understood.
type factKey struct {
	name string
	fact func(*request) fact
}

// factKeys lists the keys, by their names in lower case.
var factKeys = keysByName(slices.Concat(principalKeys, resourceKeys, requestKeys, keyKeys))

func keysByName(list []factKey) map[string]factKey {
	byName := make(map[string]factKey, len(list))
	for _, k := range list {
		byName[strings.ToLower(k.name)] = k
	}
	return byName
}

var principalKeys = []factKey{
	{"aws:PrincipalArn", func(q *request) fact { return q.who.named(q.who.arn) }},
	{"aws:PrincipalAccount", func(q *request) fact { return q.who.named(q.who.account) }},
	{"aws:PrincipalOrgID", func(q *request) fact { return q.who.organization((*membership).organization) }},
	{"aws:PrincipalOrgPaths", func(q *request) fact { return q.who.organization((*membership).paths) }},
	{"aws:PrincipalType", (*request).principalType},
	{"aws:PrincipalIsAWSService", func(q *request) fact { return given(strconv.FormatBool(q.who.kind == aService)) }},
	{"aws:PrincipalServiceName", (*request).serviceName},
	{"aws:userid", func(q *request) fact { return q.who.userID() }},
	{"aws:username", func(q *request) fact { return q.who.userName() }},
}

var resourceKeys = []factKey{
	{"aws:ResourceAccount", func(q *request) fact { return given(q.owner) }},
	{"aws:ResourceOrgID", func(q *request) fact { return q.owners.organization() }},
	{"aws:ResourceOrgPaths", func(q *request) fact { return q.owners.paths() }},
	{"secretsmanager:SecretId", (*request).secretID},
	{"secretsmanager:resource/AllowRotationLambdaArn", func(q *request) fact { return q.ofSecret(func(s *Secret) string { return s.RotationLambdaARN }) }},
	{"secretsmanager:SecretPrimaryRegion", func(q *request) fact {
		return q.ofSecret(func(s *Secret) string { return cmp.Or(s.PrimaryRegion, s.Region) })
	}},
}

var requestKeys = slices.Concat([]factKey{
	{"aws:CurrentTime", func(q *request) fact { return given(q.now.UTC().Format(time.RFC3339)) }},
	{"aws:EpochTime", func(q *request) fact { return given(strconv.FormatInt(q.now.Unix(), 10)) }},
	{"aws:RequestedRegion", func(q *request) fact { return of(q.region) }},
	{"aws:SecureTransport", func(*request) fact { return given("true") }}, // neither service has another
	{"aws:TagKeys", func(*request) fact { return absent }},
	{"aws:ViaAWSService", (*request).viaService},
	{"aws:SourceArn", (*request).onBehalf},
	{"aws:SourceAccount", (*request).onBehalf},
	{"aws:SourceOrgID", (*request).onBehalf},
	{"aws:SourceOrgPaths", (*request).onBehalf},
}, varying(
	"aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast", // AWS does not list Secrets Manager among the services that set them
	"aws:SourceIp", "aws:VpcSourceIp", "aws:SourceVpc", "aws:SourceVpce", "aws:SourceVpcArn", "aws:VpceAccount", "aws:VpceOrgID", "aws:VpceOrgPaths",
	"aws:UserAgent", "aws:Referer", "aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge", "aws:TokenIssueTime", "aws:SourceIdentity",
	"aws:FederatedProvider", "aws:AssumedRoot", "aws:Ec2InstanceSourceVpc", "aws:Ec2InstanceSourcePrivateIPv4", "ec2:SourceInstanceArn",
	"lambda:SourceFunctionArn", "ssm:SourceInstanceArn", "ecs:SourceArn", "sts:RoleSessionName", "sts:ExternalId",
	"secretsmanager:VersionId", "secretsmanager:VersionStage", "kms:RequestAlias",
))

// varying are keys that differ from request to request.
func varying(names ...string) []factKey {
	list := make([]factKey, len(names))
	for i, name := range names {
		list[i] = factKey{name, func(*request) fact { return depends() }}
	}
	return list
}

// keyKeys are what a request for kms:Decrypt has that Secrets Manager makes.
var keyKeys = []factKey{
	{"kms:ViaService", func(q *request) fact { return given("secretsmanager." + q.region + ".amazonaws.com") }},
	{"kms:CallerAccount", (*request).callerAccount},
	{"kms:EncryptionAlgorithm", func(*request) fact { return given("SYMMETRIC_DEFAULT") }},
	{"kms:EncryptionContextKeys", func(*request) fact { return given("SecretARN", "SecretVersionId") }},
	{"kms:EncryptionContext:SecretARN", (*request).secretID},
	{"kms:EncryptionContext:SecretVersionId", func(*request) fact { return depends() }},
	{"kms:GrantIsForAWSResource", func(*request) fact { return absent }}, // of other operations
	{"kms:KeyOrigin", func(q *request) fact { return q.ofKey(func(k *Key) string { return k.Origin }) }},
	{"kms:KeySpec", func(q *request) fact { return q.ofKey(func(k *Key) string { return k.Spec }) }},
}

// named is something by which the principal is known, unless it is whoever an account
// or everyone may be.
func (p *party) named(text string) fact {
	switch {
	case p.kind == everybody, p.kind == aProvider, p.kind == anAccount && text != p.account:
		return depends()
	case p.kind == aService:
		return absent
	}
	return of(text)
}

// callerAccount is as aws:PrincipalAccount, but KMS does not say what it is for a service.
func (q *request) callerAccount() fact {
	if q.who.kind == aService {
		return fact{there: maybe, why: "is not documented for a service"}
	}
	return q.who.named(q.who.account)
}

func (p *party) organization(read func(*membership) fact) fact {
	switch {
	case p.kind == everybody:
		return depends()
	case p.kind == aService:
		return absent
	case !p.known && p.member == nil:
		return fact{there: maybe, why: "is that of an account that was not read"}
	}
	return read(p.member)
}

func (m *membership) organization() fact {
	if m == nil || !m.asked {
		return unknown("is not known: the organization of the account was not read")
	}
	return of(m.id)
}

func (m *membership) paths() fact {
	switch {
	case m == nil || !m.asked:
		return unknown("is not known: the organization of the account was not read")
	case m.id == "":
		return absent
	case m.path == "":
		return unknown("is not known: the account's place in the organization was not read")
	}
	return given(m.path)
}

func (q *request) principalType() fact {
	switch q.who.kind {
	case aUser:
		return given("User")
	case aRole:
		return given("AssumedRole")
	case aFederatedUser:
		return given("FederatedUser")
	case aService:
		return absent
	}
	return depends()
}

func (q *request) serviceName() fact {
	if q.who.kind == aService {
		return given(q.who.arn)
	}
	return absent
}

// userID is that of a user, or of a role's session, whose name nobody knows.
func (p *party) userID() fact {
	switch {
	case p.kind == aService:
		return absent
	case p.kind == aFederatedUser:
		return given(p.account + ":" + roleName(p.arn))
	case p.id == "":
		return depends()
	case p.kind == aRole:
		return fact{there: yes, values: []string{p.id + ":"}, begins: true}
	}
	return given(p.id)
}

func (p *party) userName() fact {
	switch {
	case p.kind == aUser && p.name != "":
		return given(p.name)
	case p.kind == aUser, p.kind == everybody, p.kind == anAccount:
		return depends()
	}
	return absent
}

func (p *party) tag(key string) fact {
	switch {
	case p.kind == aService:
		return absent
	case !p.known:
		return depends()
	case p.sessionTags:
		return fact{there: maybe, why: "is what a session brings: the role takes tags of sessions"}
	}
	return tagFact(p.tags, key)
}

func (q *request) resourceTag(key string) fact {
	switch {
	case q.managed:
		return absent // nobody can tag a key that AWS manages
	case q.action == decryptSecret:
		return unknown("is not known: tags of keys are not asked for")
	case q.secret == nil:
		return absent
	}
	return tagFact(q.secret.Tags, key)
}

// tagFact looks a tag up. IAM compares the names of keys without regard to case.
func tagFact(tags map[string]string, key string) fact {
	found := absent
	for k, v := range tags {
		switch {
		case !strings.EqualFold(k, key):
		case found.there == yes:
			return fact{there: yes, why: "is that of several tags, which differ in case alone"}
		case hidden(v):
			found = fact{there: yes, unread: true, why: "has a value that was not kept: name the tag under access-tags in .assay.toml"}
		default:
			found = given(v)
		}
	}
	return found
}

// hidden reports whether an inventory has something else in the place of a text:
// how long it is.
func hidden(text string) bool {
	i := strings.IndexByte(text, '<')
	return i >= 0 && (strings.HasSuffix(text, " characters>") || strings.HasSuffix(text, " character>"))
}

func (q *request) secretID() fact {
	if q.secret == nil {
		return depends()
	}
	return given(q.secret.ARN)
}

func (q *request) ofSecret(read func(*Secret) string) fact {
	if q.secret == nil {
		return depends()
	}
	return of(read(q.secret))
}

func (q *request) ofKey(read func(*Key) string) fact {
	if q.key == nil || read(q.key) == "" {
		return unknown("is not known of the key")
	}
	return given(read(q.key))
}

// viaService says whether a service asks for somebody: Secrets Manager does so of KMS.
func (q *request) viaService() fact {
	if q.action == decryptSecret {
		return given("true")
	}
	return depends()
}

// onBehalf is a fact of what a service asks on behalf of somebody's resource.
func (q *request) onBehalf() fact {
	switch q.who.kind {
	case aService, everybody:
		return depends()
	}
	return absent
}
