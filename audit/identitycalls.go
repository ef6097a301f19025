package audit

import (
	"context"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// global collects identities and the organization.
func (run *collection) global(ctx context.Context) {
	if !run.asks(GetAccountAuthorizationDetails) && !run.asks(DescribeOrganization) || !inShard(run.Shard, cell{run.callers.identity.Account, globalRegion}) {
		return
	}
	g := &globalRun{collection: run, c: run.callers.account(), identities: map[string]*Identity{}, policies: map[string]*ManagedPolicy{}}
	if run.Journal != nil && run.Journal.region(g.c.cell) {
		return
	}
	var all sync.WaitGroup
	all.Go(func() { g.collectOrganization(ctx) })
	g.collectIdentities(ctx)
	all.Wait()
	record := &RegionRecord{Type: "region", Account: g.c.account, Region: globalRegion, Partition: g.c.partition, Status: RegionExamined, Calls: g.c.calls()}
	for _, row := range operations {
		counted := slices.ContainsFunc(record.Calls, func(c CallCount) bool { return c.Operation == row.Operation })
		if row.global && run.asks(row.Operation) && !counted {
			record.Calls = append(record.Calls, CallCount{Operation: row.Operation})
		}
	}
	slices.SortFunc(record.Calls, func(a, b CallCount) int { return strings.Compare(string(a.Operation), string(b.Operation)) })
	run.save(g.c.cell, record)
}

// A globalRun collects what an account has but once.
type globalRun struct {
	*collection
	c          *caller
	identities map[string]*Identity      // by ARN
	policies   map[string]*ManagedPolicy // by ARN
}

// detailsPerPage keeps an answer of GetAccountAuthorizationDetails below some
// megabytes: a role may have 10 kB of policies, and they are sent in percent-encoding.
const detailsPerPage = "200"

// collectIdentities asks for users, groups, roles and their policies.
func (g *globalRun) collectIdentities(ctx context.Context) {
	if !g.asks(GetAccountAuthorizationDetails) {
		return
	}
	gap := g.askPages(ctx, g.c, GetAccountAuthorizationDetails, "", func(ctx context.Context, token *string) (*string, int, error) {
		form := url.Values{"MaxItems": {detailsPerPage}}
		if token != nil {
			form.Set("Marker", *token)
		}
		var page detailsPage
		if err := g.c.askXML(ctx, wireIAM, GetAccountAuthorizationDetails, form, &page); err != nil {
			return nil, 0, err
		}
		r := &page.Result
		if r.Users == nil && r.Groups == nil && r.Roles == nil && r.Policies == nil {
			return nil, 0, lacks("UserDetailList")
		}
		items, err := g.add(r)
		if !r.IsTruncated {
			r.Marker = ""
		}
		return aws.String(r.Marker), items, err
	})
	if gap != nil {
		g.save(g.c.cell, *gap)
	}
	g.collectAccessKeys(ctx)
	for _, arn := range slices.Sorted(maps.Keys(g.identities)) {
		g.save(g.c.cell, g.identities[arn])
	}
	used := g.used()
	for _, arn := range slices.Sorted(maps.Keys(g.policies)) {
		if used[arn] {
			g.save(g.c.cell, g.policies[arn])
		}
	}
}

// used are the managed policies that an identity is attached to or bounded by.
func (g *globalRun) used() map[string]bool {
	used := map[string]bool{}
	for _, i := range g.identities {
		used[i.Boundary] = true
		for _, arn := range i.Attached {
			used[arn] = true
		}
	}
	return used
}

// add takes a page and returns how much there was on it.
func (g *globalRun) add(page *detailsResult) (items int, err error) {
	for kind, list := range map[string]*detailList{KindUser: page.Users, KindGroup: page.Groups, KindRole: page.Roles} {
		if list == nil {
			continue
		}
		for i := range list.Members {
			if items++; list.Members[i].ARN == "" {
				return items, lacks("Arn")
			}
			one := g.identity(kind, &list.Members[i])
			g.identities[one.ARN] = one
		}
	}
	if page.Policies == nil {
		return items, nil
	}
	for i := range page.Policies.Members {
		if items++; page.Policies.Members[i].ARN == "" {
			return items, lacks("Arn")
		}
		p := g.managed(&page.Policies.Members[i])
		g.policies[p.ARN] = p
	}
	return items, nil
}

func (g *globalRun) identity(kind string, d *detail) *Identity {
	read := answer{texts: g.texts}
	one := &Identity{
		Type: "identity", Account: g.c.account, Region: globalRegion, ARN: read.clean(d.ARN), Kind: kind,
		Name: read.clean(d.UserName + d.GroupName + d.RoleName), ID: read.clean(d.UserID + d.GroupID + d.RoleID), Created: read.written(d.CreateDate),
		SessionTags: kind == KindRole && takesTags(d.Trust), Groups: read.sorted(d.Groups),
		Boundary: read.clean(d.Boundary), Gaps: nil,
	}
	for _, p := range slices.Concat(d.UserPolicies, d.GroupPolicies, d.RolePolicies) {
		kept := InlinePolicy{Name: read.clean(p.PolicyName)}
		kept.Document, kept.Unread = g.document(p.PolicyDocument, ofIdentity)
		one.Policies = append(one.Policies, kept)
		one.Gaps = addGap(one.Gaps, g.unread(one.ARN, "the policy "+p.PolicyName, kept.Unread))
	}
	slices.SortFunc(one.Policies, func(a, b InlinePolicy) int { return strings.Compare(a.Name, b.Name) })
	for _, p := range d.Attached {
		one.Attached = append(one.Attached, read.clean(p.ARN))
	}
	slices.Sort(one.Attached)
	for _, tag := range d.Tags {
		if one.Tags == nil {
			one.Tags = map[string]string{}
		}
		one.Tags[read.clean(tag.Key)] = g.tagValue(tag.Key, tag.Value)
	}
	one.Gaps = addGap(one.Gaps, read.gap(g.c, GetAccountAuthorizationDetails, d.ARN))
	return one
}

func (g *globalRun) managed(d *policyDetail) *ManagedPolicy {
	p := &ManagedPolicy{Type: "policy", Account: g.c.account, Region: globalRegion, ARN: g.texts.clean(d.ARN), Name: g.texts.clean(d.PolicyName)}
	i := slices.IndexFunc(d.Versions, func(v policyVersion) bool { return v.IsDefaultVersion })
	if i < 0 {
		p.Unread = "the answer has no version of it that is in force"
	} else {
		p.Document, p.Unread = g.document(d.Versions[i].Document, ofIdentity)
	}
	p.Gaps = addGap(p.Gaps, g.unread(p.ARN, "it", p.Unread))
	return p
}

// unread is the gap of a policy that makes no sense, nil for one that does.
func (g *globalRun) unread(arn, what, why string) *Gap {
	if why == "" {
		return nil
	}
	return g.c.gap(GetAccountAuthorizationDetails, arn, Invalid, what+" cannot be read: "+why)
}

// document takes a policy in percent-encoding, as IAM sends them, and says why it
// cannot be kept if it cannot.
func (g *globalRun) document(encoded string, of grammar) (kept, unread string) {
	text, err := url.PathUnescape(encoded)
	if err == nil {
		kept, err = g.texts.keptStatements(text, of)
	} else {
		err = errors.New("it is not encoded as IAM does")
	}
	if err != nil {
		return "", g.texts.sentence(err.Error())
	}
	return kept, ""
}

// takesTags reports whether a role's trust policy lets anybody bring tags with a
// session, or cannot be read.
func takesTags(trust string) bool {
	text, err := url.PathUnescape(trust)
	if err != nil {
		return true
	}
	p, err := parsePolicy(text)
	return err != nil || slices.ContainsFunc(p.statements, func(s statement) bool { return s.allow && s.coversAction("sts:TagSession") })
}

// written reads a time as IAM writes it.
func (a *answer) written(text string) *time.Time {
	if text == "" {
		return nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		a.wrong = "a date that is none"
		return nil
	}
	return a.moment(&t)
}

// collectAccessKeys asks for the keys of every user.
func (g *globalRun) collectAccessKeys(ctx context.Context) {
	if !g.asks(ListAccessKeys) {
		return
	}
	var users []*Identity
	for _, arn := range slices.Sorted(maps.Keys(g.identities)) {
		if i := g.identities[arn]; i.Kind == KindUser {
			users = append(users, i)
		}
	}
	each(g.Concurrency, users, func(user *Identity) { g.accessKeys(ctx, user) })
}

func (g *globalRun) accessKeys(ctx context.Context, user *Identity) {
	read := answer{texts: g.texts}
	var keys []AccessKey
	gap := g.ask(ctx, g.c, ListAccessKeys, user.ARN, func(ctx context.Context) error {
		var page struct {
			Keys *struct {
				Members []struct{ Status, CreateDate string } `xml:"member"`
			} `xml:"ListAccessKeysResult>AccessKeyMetadata"`
		}
		if err := g.c.askXML(ctx, wireIAM, ListAccessKeys, url.Values{"UserName": {user.Name}}, &page); err != nil {
			if hasCode(err, "NoSuchEntity") {
				return nil // deleted since
			}
			return err
		}
		if page.Keys == nil {
			return lacks("AccessKeyMetadata")
		}
		for _, k := range page.Keys.Members {
			keys = append(keys, AccessKey{Created: read.written(k.CreateDate), Active: k.Status == "Active"})
		}
		return nil
	})
	user.AccessKeys = keys
	user.Gaps = addGap(addGap(user.Gaps, gap), read.gap(g.c, ListAccessKeys, user.ARN))
}

// A detailsPage is an answer of GetAccountAuthorizationDetails.
type detailsPage struct {
	Result detailsResult `xml:"GetAccountAuthorizationDetailsResult"`
}

type detailsResult struct {
	IsTruncated bool
	Marker      string
	Users       *detailList `xml:"UserDetailList"`
	Groups      *detailList `xml:"GroupDetailList"`
	Roles       *detailList `xml:"RoleDetailList"`
	Policies    *struct {
		Members []policyDetail `xml:"member"`
	}
}

type detailList struct {
	Members []detail `xml:"member"`
}

// A detail is a user, a group or a role, which differ in the names of elements.
type detail struct {
	ARN           string `xml:"Arn"`
	UserName      string
	GroupName     string
	RoleName      string
	UserID        string `xml:"UserId"`
	GroupID       string `xml:"GroupId"`
	RoleID        string `xml:"RoleId"`
	CreateDate    string
	Trust         string         `xml:"AssumeRolePolicyDocument"`
	Groups        []string       `xml:"GroupList>member"`
	UserPolicies  []inlineDetail `xml:"UserPolicyList>member"`
	GroupPolicies []inlineDetail `xml:"GroupPolicyList>member"`
	RolePolicies  []inlineDetail `xml:"RolePolicyList>member"`
	Boundary      string         `xml:"PermissionsBoundary>PermissionsBoundaryArn"`
	Attached      []struct {
		ARN string `xml:"PolicyArn"`
	} `xml:"AttachedManagedPolicies>member"`
	Tags []struct{ Key, Value string } `xml:"Tags>member"`
}

type inlineDetail struct{ PolicyName, PolicyDocument string }

type policyDetail struct {
	ARN        string          `xml:"Arn"`
	PolicyName string          `xml:"PolicyName"`
	Versions   []policyVersion `xml:"PolicyVersionList>member"`
}

type policyVersion struct {
	Document         string
	IsDefaultVersion bool
}
