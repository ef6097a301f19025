package audit

import (
	"cmp"
	"slices"
)

// sortActivity sorts by first time and then by everything else, so that equal
// inventories give equal reports.
func sortActivity(list []*Activity) []*Activity {
	slices.SortFunc(list, func(a, b *Activity) int {
		return cmp.Or(a.First.Compare(b.First), cmp.Compare(a.Event, b.Event), cmp.Compare(a.SecretID, b.SecretID),
			cmp.Compare(a.Principal, b.Principal), cmp.Compare(a.Source, b.Source), cmp.Compare(a.UserAgent, b.UserAgent),
			cmp.Compare(a.Error, b.Error), cmp.Compare(a.Message, b.Message), cmp.Compare(a.Note, b.Note), a.Last.Compare(b.Last))
	})
	return list
}

// compareGaps orders gaps by operation, resource and reason.
func compareGaps(a, b Gap) int {
	return cmp.Or(cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Resource, b.Resource),
		cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Detail, b.Detail))
}
