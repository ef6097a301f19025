package audit

import (
	"net/netip"
	"slices"
	"strings"
)

// A limit keeps out everyone who is not of something.
type limit struct {
	// accounts are those that it lets in, nil where it has no list of them.
	accounts []string
	text     string // "the organization o-a1b2c3d4e5", for use in a sentence
}

// limitsOf returns what conditions, all of which must hold, limit: who may come
// in, and by which way.
func limitsOf(conditions []condition, owner string) (who, use []limit) {
	for _, c := range conditions {
		if c.ifExists || c.set == "ForAllValues" {
			continue // it holds where the request lacks the key
		}
		if l, isUse, ok := c.limit(c.operator, owner); ok && isUse {
			use = append(use, l)
		} else if ok {
			who = append(who, l)
		}
	}
	return who, use
}

// exceptions returns what a Deny for everyone leaves out, by conditions all of
// which must hold for it to deny: each of them is a way in.
func exceptions(conditions []condition, owner string) (who, use []limit) {
	var ways, uses []limit
	for _, c := range conditions {
		positive, negated := negations[c.operator]
		switch l, isUse, ok := c.limit(positive, owner); {
		case c.exemptsServices():
			ways = append(ways, limit{text: "what AWS services do"})
		case !negated || !ok || c.set == "ForAnyValue": // the last fails where the request lacks the key
			return nil, nil
		case isUse:
			uses = append(uses, l)
		default:
			ways = append(ways, l)
		}
	}
	switch {
	case len(uses) == 0:
		return union(ways), nil
	case len(ways) == 0 && len(uses) == 1:
		return nil, uses
	}
	return nil, nil
}

// negations gives the operator that each negated one is the opposite of. Where
// the request lacks the key a negated one holds, so that its Deny applies.
var negations = map[string]string{
	"StringNotEquals": "StringEquals", "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase", "StringNotLike": "StringLike",
	"ArnNotEquals": "ArnEquals", "ArnNotLike": "ArnLike", "NotIpAddress": "IpAddress",
}

// exemptsServices reports whether c keeps a Deny from AWS services, as guides to
// data perimeters do.
func (c condition) exemptsServices() bool {
	return c.operator == "Bool" && (c.key == "aws:principalisawsservice" || c.key == "aws:viaawsservice") &&
		len(c.values) == 1 && strings.EqualFold(c.values[0], "false")
}

// union is the limit that any of some ways in makes.
func union(ways []limit) []limit {
	if len(ways) <= 1 {
		return ways
	}
	all := limit{accounts: []string{}}
	var texts []string
	for _, w := range ways {
		texts = append(texts, w.text)
		if w.accounts == nil || all.accounts == nil {
			all.accounts = nil
			continue
		}
		all.accounts = append(all.accounts, w.accounts...)
	}
	all.text = listed(texts)
	return []limit{all}
}

// limit returns what a condition limits if it is compared by operator. ok is
// false unless every one of its values is fixed in the part that matters.
func (c condition) limit(operator, owner string) (l limit, isUse, ok bool) {
	read := limitKeys[c.key]
	switch {
	case read == nil || len(c.values) == 0:
		return l, false, false
	case c.key == "aws:sourceip":
		ok = operator == "IpAddress"
	case c.key == "kms:grantisforawsresource":
		ok = operator == "Bool"
	default:
		ok = slices.Contains([]string{"StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike"}, operator)
	}
	var texts []string
	for _, v := range c.values {
		account, text, fixed := read(v, owner)
		if !fixed || !ok {
			return l, false, false
		}
		if account != "" {
			l.accounts = append(l.accounts, account)
		}
		texts = append(texts, text)
	}
	if len(l.accounts) < len(c.values) {
		l.accounts = nil
	}
	l.text = listed(texts)
	return l, slices.Contains(useKeys, c.key), true
}

// useKeys limit by which way a key is used, not by whom.
var useKeys = []string{"kms:viaservice", "kms:encryptioncontext:secretarn", "kms:grantisforawsresource"}

// limitKeys lists the condition keys that limit, with what reads their values:
// the account that one names, what to call it, and whether it is fixed.
var limitKeys = map[string]func(value, owner string) (account, text string, fixed bool){
	"aws:principalaccount":            fixedAccount,
	"aws:sourceaccount":               fixedAccount,
	"aws:sourceowner":                 fixedAccount,
	"aws:vpceaccount":                 fixedAccount,
	"kms:calleraccount":               fixedAccount,
	"aws:principalarn":                fixedARN,
	"aws:sourcearn":                   fixedARN,
	"aws:principalorgid":              fixedOrganization,
	"aws:sourceorgid":                 fixedOrganization,
	"aws:vpceorgid":                   fixedOrganization,
	"aws:principalorgpaths":           fixedOrganization,
	"aws:sourceorgpaths":              fixedOrganization,
	"aws:vpceorgpaths":                fixedOrganization,
	"aws:sourcevpce":                  fixedID("vpce-", "the VPC endpoint "),
	"aws:sourcevpc":                   fixedID("vpc-", "the VPC "),
	"aws:userid":                      fixedUser,
	"aws:sourceip":                    fixedNetwork,
	"kms:viaservice":                  fixedService,
	"kms:encryptioncontext:secretarn": fixedSecret,
	"kms:grantisforawsresource":       fixedGrant,
}

func fixedAccount(v, owner string) (string, string, bool) {
	if strings.EqualFold(v, "${aws:ResourceAccount}") {
		v = owner
	}
	return v, "account " + v, isAccount(v)
}

// fixedARN wants an account in the ARN, or, where a kind of resource has none in
// it, as S3's, the whole resource.
func fixedARN(v, _ string) (string, string, bool) {
	parts := strings.SplitN(v, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" {
		return "", "", false
	}
	if parts[4] == "" {
		return "", shown(v), parts[2] == "s3" && !strings.ContainsAny(v, "*?$")
	}
	return parts[4], shown(v), isAccount(parts[4])
}

func fixedOrganization(v, _ string) (string, string, bool) {
	if strings.EqualFold(v, "${aws:ResourceOrgID}") {
		return "", "its own organization", true
	}
	id, _, _ := strings.Cut(v, "/")
	return "", "the organization " + shown(id), strings.HasPrefix(id, "o-") && !strings.ContainsAny(id, "*?$")
}

func fixedID(prefix, noun string) func(v, _ string) (string, string, bool) {
	return func(v, _ string) (string, string, bool) {
		return "", noun + shown(v), strings.HasPrefix(v, prefix) && !strings.ContainsAny(v, "*?$")
	}
}

// fixedUser wants the whole id of a user or role before the name of a session.
func fixedUser(v, _ string) (string, string, bool) {
	id, _, _ := strings.Cut(v, ":")
	return "", "the user id " + shown(v), len(id) >= 12 && !strings.ContainsAny(id, "*?$")
}

// fixedNetwork wants a prefix of at least 8 bits of IPv4 or 32 of IPv6: what is
// broader counts as public for S3 too.
func fixedNetwork(v, _ string) (string, string, bool) {
	if !strings.Contains(v, "/") {
		_, err := netip.ParseAddr(v)
		return "", "the address " + shown(v), err == nil
	}
	p, err := netip.ParsePrefix(v)
	if err != nil {
		return "", "", false
	}
	least := 8
	if p.Addr().Is6() {
		least = 32
	}
	return "", "the addresses " + shown(v), p.Bits() >= least
}

// fixedService wants Secrets Manager; another service reads no secrets, but what
// it does with the key is not for us to judge.
func fixedService(v, _ string) (string, string, bool) {
	return "", throughSecrets, strings.HasPrefix(strings.ToLower(v), "secretsmanager.")
}

// fixedSecret wants the ARN of secrets of one account, or of every one.
func fixedSecret(v, _ string) (string, string, bool) {
	parts := strings.SplitN(v, ":", 7)
	return "", throughSecrets, len(parts) >= 6 && parts[2] == "secretsmanager"
}

// fixedGrant is for the right to make grants that AWS services alone make use of.
func fixedGrant(v, _ string) (string, string, bool) {
	return "", "AWS services", strings.EqualFold(v, "true")
}

const throughSecrets = "Secrets Manager"

// usage names the way that limits of use leave, "" for any.
func usage(list []limit) string {
	if len(list) == 0 {
		return ""
	}
	return list[0].text
}
