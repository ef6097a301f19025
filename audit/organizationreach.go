package audit

import (
	"slices"
	"strings"
)

// within reports whether an access comes from the account's own organization
// alone, as far as that was read.
func (r *Region) within(a access) bool {
	o := r.Organization()
	if o == nil || o.ID == "" {
		return false
	}
	if len(a.accounts) > 0 {
		return !slices.ContainsFunc(a.accounts, func(account string) bool { return !slices.Contains(o.Accounts, account) })
	}
	return a.scope == bounded && strings.Contains(a.who+" ", "the organization "+o.ID+" ")
}
