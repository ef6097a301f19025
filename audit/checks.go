package audit

import (
	"slices"

	"github.com/assayhq/assay/report"
)

// Checks returns every check, sorted by id. To add one, write its file and name
// it here.
func Checks() []*Check {
	return []*Check{
		smACC01(),
		smACC02(),
		smACC03(),
		smACC04(),
		smACC05(),
		smACC06(),
		smACC07(),
		smACC08(),
		smACC09(),
		smACC10(),
		smENV01(),
		smENV02(),
		smENV03(),
		smENV04(),
		smENV05(),
		smIAM01(),
		smIAM02(),
		smIAM03(),
		smIAM04(),
		smKMS01(),
		smKMS02(),
		smKMS03(),
		smKMS04(),
		smKMS05(),
		smKMS06(),
		smLIF01(),
		smLIF02(),
		smLIF03(),
		smLIF04(),
		smLIF05(),
		smLIF06(),
		smLIF07(),
		smLIF08(),
		smPOL01(),
		smPOL02(),
		smPOL03(),
		smPOL04(),
		smPOL05(),
		smREP01(),
		smREP02(),
		smREP03(),
		smROT01(),
		smROT02(),
		smROT03(),
		smROT04(),
		smROT05(),
		smROT06(),
		smROT07(),
		smROT08(),
		smROT09(),
		smROT10(),
		smSSM01(),
		smSSM02(),
		smVER01(),
		smVER02(),
		smVER03(),
		smVER04(),
	}
}

// Descriptions returns what reports say of checks.
func Descriptions(checks []*Check) []report.Rule {
	list := make([]report.Rule, len(checks))
	for i, c := range checks {
		list[i] = c.Rule
	}
	return list
}

// OperationsOf returns the operations that a collection for checks asks, sorted.
func OperationsOf(checks []*Check) []Operation {
	var list []Operation
	for _, row := range operations {
		asks := func(c *Check) bool {
			return slices.Contains(c.Needs, row.Operation) || slices.Contains(c.Uses, row.Operation)
		}
		if row.needed || slices.ContainsFunc(checks, asks) {
			list = append(list, row.Operation)
		}
	}
	slices.Sort(list)
	return list
}
