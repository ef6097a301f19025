package main

import (
	"github.com/spf13/cobra"

	"github.com/assayhq/assay/audit"
)

func (a *app) auditPolicy() *cobra.Command {
	var checks checkFlags
	var config configFlags
	var allowValues bool
	c := &cobra.Command{
		Use:   "policy",
		Short: "Print the least IAM policy that the audit needs",
		Long: `Print the IAM policy that allows what the chosen checks ask, and forbids to read
the value of any secret, whatever else the identity may do. assay never reads one:
the last statement proves it to whoever owns the account.`,
		Example: `  assay audit policy > assay-policy.json
  aws iam create-policy --policy-name assay --policy-document file://assay-policy.json
  assay audit policy --check SM-ROT,SM-VER`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if _, err := a.settleAudit(c.Flags(), &config); err != nil {
				return err
			}
			chosen, err := checks.chosen()
			if err != nil {
				return err
			}
			text, err := audit.Policy(audit.OperationsOf(chosen), audit.DenyValues(!allowValues)).JSON()
			if err == nil {
				_, err = a.stdout.Write(text)
			}
			return err
		},
	}
	checks.register(c.Flags())
	config.register(c.Flags(), "the current folder")
	c.Flags().BoolVar(&allowValues, "no-deny", false, "leave out the statement that forbids to read values")
	return c
}
