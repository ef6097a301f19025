package main

import (
	"errors"

	"github.com/spf13/pflag"

	"github.com/assayhq/assay/audit"
)

// memberFlags say which accounts are asked through a role in each of them.
type memberFlags struct {
	organization bool
	accounts     []string
	roleName     string
}

func (f *memberFlags) register(fs *pflag.FlagSet) {
	fs.BoolVar(&f.organization, "organization", false, "ask every active account of the organization through --role-name, from the account that manages it or one that it delegates to")
	fs.StringSliceVar(&f.accounts, "accounts", nil, "ask the accounts with these `ids` through --role-name")
	fs.StringVar(&f.roleName, "role-name", "", "the `name` of the role in each account of --organization or --accounts")
}

// valid refuses what makes no sense together.
func (f *memberFlags) valid(profiles []string) error {
	several := f.organization || len(f.accounts) > 0
	switch {
	case f.organization && len(f.accounts) > 0:
		return withHint(errors.New("--organization asks all accounts, and --accounts some"), "leave one of them out")
	case several && f.roleName == "":
		return withHint(errors.New("--role-name is missing: which role is assumed in each account?"), "assay audit policy --for member prints what the role needs")
	case !several && f.roleName != "":
		return withHint(errors.New("--role-name without accounts to assume the role in"), "--organization or --accounts names them; --role-arn is for one role")
	case len(f.accounts) > 0 && len(profiles) > 1:
		return withHint(errors.New("--accounts with several profiles: from which one are they reached?"), "give one --profile")
	}
	return nil
}

// members are those to ask, nil for the accounts of the sessions themselves.
func (f *auditFlags) memberOptions() *audit.Members {
	if f.members.roleName == "" {
		return nil
	}
	return &audit.Members{Accounts: f.members.accounts, RoleName: f.members.roleName, ExternalID: f.session.externalID, SessionName: f.session.sessionName}
}
