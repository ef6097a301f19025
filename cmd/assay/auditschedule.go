package main

import (
	"embed"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/assayhq/assay/audit"
	"github.com/assayhq/assay/audit/send"
)

// What assay audit schedule prints.
//
//go:embed schedule
var schedules embed.FS

// scheduleFiles are the files by what runs them.
var scheduleFiles = map[string]string{"cron": "cron.sh", "eventbridge": "eventbridge.yaml", "github": "github.yml"}

// noStatements stands in a template where the policy of the audit belongs.
const noStatements = "            Statement: []\n"

func (a *app) auditSchedule() *cobra.Command {
	return &cobra.Command{
		Use:   "schedule cron|eventbridge|github",
		Short: "Print what runs an audit every day",
		Long: `Print what runs an audit every day:

  cron         a script for crontab, with alerts of what is new or worse
  eventbridge  a CloudFormation template: a container that EventBridge Scheduler
               starts, with the least role, and findings for Security Hub
  github       a workflow for GitHub Actions, with code scanning and alerts`,
		Example: `  assay audit schedule cron > /usr/local/bin/assay-audit
  assay audit schedule eventbridge > assay.yaml
  assay audit schedule github > .github/workflows/assay-audit.yml`,
		Args:      cobra.ExactArgs(1),
		ValidArgs: []string{"cron", "eventbridge", "github"},
		RunE: func(_ *cobra.Command, args []string) error {
			text, err := schedule(args[0])
			if err == nil {
				_, err = fmt.Fprint(a.stdout, text)
			}
			return err
		},
	}
}

// schedule is a file with the policy in it, where it has a place for one.
func schedule(kind string) (string, error) {
	name, known := scheduleFiles[kind]
	if !known {
		return "", withHint(fmt.Errorf("nothing is called %q here", kind), "use cron, eventbridge or github")
	}
	text, err := schedules.ReadFile("schedule/" + name)
	if err != nil {
		return "", err
	}
	checks, err := (&checkFlags{}).asking()
	if err != nil {
		return "", err
	}
	d := audit.Policy(audit.OperationsOf(checks), true)
	d.Statement = append(d.Statement, audit.PolicyStatement{Sid: "AssaySends", Effect: "Allow", Action: []string{string(send.BatchImportFindings)}, Resource: "*"})
	return strings.Replace(string(text), noStatements, statements(d), 1), nil
}

// statements is a policy as the template has it.
func statements(d audit.PolicyDocument) string {
	var b strings.Builder
	b.WriteString(strings.Replace(noStatements, " []", "", 1))
	for _, s := range d.Statement {
		fmt.Fprintf(&b, "              - Sid: %s\n                Effect: %s\n                Resource: \"%s\"\n                Action:\n", s.Sid, s.Effect, s.Resource)
		for _, action := range s.Action {
			fmt.Fprintf(&b, "                  - %s\n", action)
		}
	}
	return b.String()
}
