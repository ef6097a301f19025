package audit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Members are accounts that a session reaches through a role of the same name in each
// of them: those of its organization, or some that the user names. The session's own
// account is asked as the session.
type Members struct {
	// Accounts are their ids, twelve digits each; none for all active accounts of the
	// session's organization.
	Accounts []string
	// RoleName is the role's name, with its path if it has one: "audit/assay".
	RoleName    string
	ExternalID  string // that the role's trust policy asks for, "" for none
	SessionName string // of the assumed role, "assay" by default
}

// everyRegion stands in the place of a region where something is said of an account
// as a whole: that it could not be asked at all.
const everyRegion = "all"

// connecting is how many accounts are connected to, and asked for their regions, at
// the same time.
const connecting = 32

var rolePattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\w+=,.@/-]{1,576}$`) }) // 64 of a name after 512 of a path

// valid refuses what cannot be asked.
func (m *Members) valid() error {
	if m == nil {
		return nil
	}
	for _, id := range m.Accounts {
		if !isAccount(id) {
			return fmt.Errorf("%q is no account: an id has twelve digits", shorten(id, 40))
		}
	}
	if !rolePattern().MatchString(m.RoleName) {
		return fmt.Errorf("%q is no name of a role", shorten(m.RoleName, 100))
	}
	return nil
}

// roleARN names the role of one account.
func (m *Members) roleARN(who identity) string {
	return "arn:" + who.Partition + ":iam::" + who.Account + ":role/" + strings.TrimPrefix(m.RoleName, "/")
}

// connectAll finds out whose accounts the sessions are before anything is asked, so
// that one that cannot be used costs no collection, and takes the role in each of
// their members. An account that is reached twice is asked once. A member that
// refuses is a Gap. first is the first session itself, which asks for what belongs to
// none of the accounts: the bucket or the store of a trail.
func connectAll(ctx context.Context, o Options, sessions []aws.Config) (first *callers, accounts []*callers, refused []Gap, err error) {
	take := func(one *callers) {
		if !slices.ContainsFunc(accounts, func(a *callers) bool { return a.identity.Account == one.identity.Account }) {
			accounts = append(accounts, one)
		}
	}
	for _, cfg := range sessions {
		one, err := connect(ctx, cfg, o.calls())
		if err != nil {
			return nil, nil, nil, err
		}
		if first == nil {
			first = one
		}
		if o.Members == nil {
			take(one)
			continue
		}
		members, gaps, err := one.members(ctx, o.Members)
		if err != nil {
			return nil, nil, nil, err
		}
		for _, member := range members {
			take(member)
		}
		refused = append(refused, gaps...)
	}
	refused = slices.DeleteFunc(refused, func(g Gap) bool { // another session may have reached it
		return slices.ContainsFunc(accounts, func(a *callers) bool { return a.identity.Account == g.Account })
	})
	slices.SortStableFunc(refused, func(a, b Gap) int { return strings.Compare(a.Account, b.Account) })
	refused = slices.CompactFunc(refused, func(a, b Gap) bool { return a.Account == b.Account }) // or have been refused as well
	return first, accounts, refused, nil
}

// calls are the options of the calls of one session. The connections of an
// organization are shared by all of its accounts.
func (o *Options) calls() callOptions {
	connections := o.Concurrency + 2
	if o.Members != nil {
		connections = maxInFlight
	}
	return callOptions{Rate: o.Rate, Timeout: o.CallTimeout, Connections: connections, Mask: o.Mask, MaskProse: o.MaskProse, Version: o.Version}
}

// members connects to the members of the session's account. Its error is a
// *SessionError: nobody knows which they are.
func (cs *callers) members(ctx context.Context, m *Members) ([]*callers, []Gap, error) {
	ids := slices.Compact(slices.Sorted(slices.Values(m.Accounts)))
	if len(ids) == 0 {
		var gap *Gap
		if ids, gap = cs.listAccounts(ctx); gap != nil {
			return nil, nil, listAccountsError(gap)
		}
	}
	connected, gaps := make([]*callers, len(ids)), make([]*Gap, len(ids))
	each(connecting, indices(ids), func(i int) { connected[i], gaps[i] = cs.member(ctx, ids[i], m) })
	var refused []Gap
	for _, g := range gaps {
		if g != nil {
			refused = append(refused, *g)
		}
	}
	return slices.DeleteFunc(connected, func(c *callers) bool { return c == nil }), refused, nil
}

func indices[T any](list []T) []int {
	all := make([]int, len(list))
	for i := range all {
		all[i] = i
	}
	return all
}

// member takes the role in one account.
func (cs *callers) member(ctx context.Context, id string, m *Members) (*callers, *Gap) {
	if id == cs.identity.Account {
		return cs, nil
	}
	who := identity{Account: id, Partition: cs.identity.Partition}
	role := m.roleARN(who)
	one := &callers{cfg: cs.cfg.Copy(), options: cs.options, home: cs.home, identity: who, in: map[string]*caller{}}
	asking := new(atomic.Int32)
	one.cfg.Credentials = newCredentialSource(assumedRole(ctx, cs.cfg, SessionOptions{
		RoleARN: role, ExternalID: m.ExternalID, SessionName: m.SessionName, Timeout: cmp.Or(cs.options.Timeout, credentialTimeout),
	}, asking), credentialTimeout, asking)
	_, err := one.cfg.Credentials.Retrieve(ctx)
	c := one.at(one.home)
	if err == nil {
		c.count(AssumeRole, "")
		return one, nil
	}
	if e, ok := errors.AsType[*credentialError](err); ok {
		err = e.error // why there are none is to be told apart
	}
	reason, detail := classify(ctx, err, nil)
	gap := c.gap(AssumeRole, role, reason, detail)
	gap.Region = everyRegion
	return nil, gap
}

// unreached are the records of an account that could not be asked.
func unreached(g Gap) []any {
	count := CallCount{Operation: g.Operation, Failed: 1}
	if g.Reason == Denied {
		count = CallCount{Operation: g.Operation, Denied: 1}
	}
	_, rest, _ := strings.Cut(g.Resource, ":")
	partition, _, _ := strings.Cut(rest, ":")
	return []any{g, &RegionRecord{
		Type: "region", Account: g.Account, Region: g.Region, Partition: partition, Status: RegionNotExamined, Calls: []CallCount{count},
	}}
}

// listAccounts returns the ids of the active accounts of the session's organization,
// sorted.
func (cs *callers) listAccounts(ctx context.Context) ([]string, *Gap) {
	var ids []string
	wrong := 0
	c := cs.at(firstRegion(cs.identity.Partition))
	gap := c.pages(ctx, ListAccounts, "", func(ctx context.Context, token *string) (*string, int, error) {
		if token == nil {
			ids, wrong = nil, 0
		}
		ask := map[string]any{"MaxResults": 20}
		if token != nil {
			ask["NextToken"] = *token
		}
		var page accountPage
		if err := c.askJSON(ctx, wireOrgs, ListAccounts, ask, &page); err != nil {
			return nil, 0, err
		}
		if page.Accounts == nil {
			return nil, 0, lacks("Accounts")
		}
		for _, a := range page.Accounts {
			switch {
			case !isAccount(a.ID) || cmp.Or(a.State, a.Status) == "":
				wrong++
			case cmp.Or(a.State, a.Status) == "ACTIVE":
				ids = append(ids, a.ID)
			}
		}
		return aws.String(page.NextToken), len(page.Accounts), nil
	})
	if gap == nil && (wrong > 0 || len(ids) == 0) {
		gap = c.gap(ListAccounts, "", Invalid, fmt.Sprintf("the organization lists %d active accounts, and %d without id or state", len(ids), wrong))
	}
	slices.Sort(ids)
	return slices.Compact(ids), gap
}

// An accountPage is an answer of ListAccounts. Until September 2026 it said Status
// where it says State.
type accountPage struct {
	Accounts []struct {
		ID            string `json:"Id"`
		State, Status string
	}
	NextToken string
}

// listAccountsError says why the members of an organization are not known.
func listAccountsError(gap *Gap) error {
	e := &SessionError{What: string(gap.Operation) + " " + gap.phrase()}
	if gap.Reason == Stopped {
		e.Err = context.Canceled
		return e
	}
	e.Hint = "it is answered in the account that manages the organization and in those that it delegates to; --accounts names accounts without it"
	return e
}
