package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/assayhq/assay/audit"
)

// policyFlags say which of the policies is printed.
type policyFlags struct {
	kind        string
	role        string
	trusted     string
	externalID  string
	allowValues bool
}

func (a *app) auditPolicy() *cobra.Command {
	var checks checkFlags
	var config configFlags
	var trail trailFlags
	var sending sendFlags
	var f policyFlags
	c := &cobra.Command{
		Use:   "policy",
		Short: "Print the least IAM policy that the audit needs",
		Long: `Print the IAM policy that allows what the chosen checks ask, and forbids to read
the value of any secret, whatever else the identity may do. assay never reads one:
the last statement proves it to whoever owns the account.

An organization needs three. Each account gets a role of the same name with the
policy of --for member, which whoever --for trust names may assume; and who asks, in
the account that manages the organization or one that it delegates to, gets the policy
of --for management.`,
		Example: `  assay audit policy > assay-policy.json
  aws iam create-policy --policy-name assay --policy-document file://assay-policy.json
  assay audit policy --check SM-ROT,SM-VER
  assay audit policy --scope access
  assay audit policy --scope all
  assay audit policy --trail-files s3://trails
  assay audit policy --for member
  assay audit policy --for trust --trusted arn:aws:iam::111122223333:role/auditor --external-id ID
  assay audit policy --for management --role-name assay`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if _, err := a.settleAudit(c.Flags(), &config); err != nil {
				return err
			}
			chosen, err := checks.asking()
			if err != nil {
				return err
			}
			if _, err := trail.days(c.Flags(), audit.MaxEventDays); err != nil {
				return err
			}
			policy, err := f.policy(checks.operations(chosen))
			if err != nil {
				return err
			}
			if f.kind != "trust" {
				policy.Statement = append(trail.statements(), policy.Statement...)
				if err := sending.allow(&policy); err != nil {
					return err
				}
			}
			text, err := policy.JSON()
			if err == nil {
				_, err = a.stdout.Write(text)
			}
			return err
		},
	}
	checks.register(c.Flags())
	trail.register(c.Flags())
	config.register(c.Flags(), "the current folder")
	c.Flags().StringSliceVar(&sending.to, "send", nil, "allow to send to `securityhub` too")
	c.Flags().StringArrayVar(&sending.alerts, "alert", nil, "allow to tell the `destination` too, as --alert of assay audit names it; repeatable")
	c.Flags().BoolVar(&f.allowValues, "no-deny", false, "leave out the statement that forbids to read values")
	c.Flags().StringVar(&f.kind, "for", "member", "`who` gets it: member (an account, or the role in each account of an organization), management (who asks the organization), trust (the trust policy of the role)")
	c.Flags().StringVar(&f.role, "role-name", "", "the `name` of the role in each account, for --for management")
	c.Flags().StringVar(&f.trusted, "trusted", "", "the `ARN` of the user, role or account that may assume the role, for --for trust")
	c.Flags().StringVar(&f.externalID, "external-id", "", "the external `id` that the role asks for, for --for trust")
	return c
}

func (f *policyFlags) policy(ops []audit.Operation) (audit.PolicyDocument, error) {
	deny := audit.DenyValues(!f.allowValues)
	switch f.kind {
	case "member":
		return audit.Policy(ops, deny), nil
	case "management":
		if f.role == "" {
			return audit.PolicyDocument{}, withHint(errors.New("--role-name is missing: which role may be assumed?"), "it is the name that assay audit --organization gets")
		}
		return audit.ManagementPolicy(ops, f.role, deny), nil
	case "trust":
		if f.trusted == "" {
			return audit.PolicyDocument{}, withHint(errors.New("--trusted is missing: who may assume the role?"), "give the ARN of the role or user that asks, or arn:aws:iam::ACCOUNT:root")
		}
		return audit.TrustPolicy(f.trusted, f.externalID), nil
	}
	return audit.PolicyDocument{}, withHint(fmt.Errorf("--for %q is unknown", f.kind), "use member, management or trust")
}
