package fakeaws

import (
	"net/http"
	"slices"
)

func listRegions(x *call) error {
	if x.in.AccountId != "" && x.in.AccountId != x.Account {
		return &apiError{http.StatusForbidden, "AccessDeniedException", "User is not authorized to access the account."}
	}
	var names []string
	for _, name := range sortedKeys(x.account.Regions) {
		wanted := x.in.RegionOptStatusContains
		if wanted == nil || slices.Contains(wanted, x.account.Regions[name].Status) {
			names = append(names, name)
		}
	}
	from, to, next, err := x.page(x.in.NextToken, x.in.MaxResults, 50, len(names))
	if err != nil {
		return err
	}
	x.item(nil, func() {
		x.list("Regions", func() {
			for _, name := range names[from:to] {
				x.item(nil, func() {
					x.text("RegionName", name)
					x.text("RegionOptStatus", x.account.Regions[name].Status)
				})
			}
		})
		x.text("NextToken", next)
	})
	return nil
}
