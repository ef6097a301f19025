package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"
)

// What an audit of a large account has to hold.
const (
	mostWallOfIdeal  = 1.5    // wall time, of what AWS's quotas allow at best
	mostAuditMegs    = 300    // megabytes of 10^6 bytes, mapped files aside
	mostMembersMegs  = 450    // of an organization
	auditSession     = "150s" // so that the sessions of an organization are renewed every half minute
	versionsASecond  = 50     // AWS's quota for ListSecretVersionIds, the narrowest that each secret meets
	auditRateOfScale = 0.95
)

// auditRegions are those that an account has without opting in.
const auditRegions = 17

// auditSuite audits an account that a process beside it makes up, with quotas that
// are a multiple of AWS's: one region, or all of them side by side, of one account or of
// all accounts of an organization.
func auditSuite(ctx context.Context, s *session) ([]result, error) {
	server := s.bin("fakeaws")
	build := command{args: []string{"go", "build", "-o", server, "./audit/fakeaws/cmd"}, dir: s.source, env: goEnv()}
	if _, err := build.run(ctx); err != nil {
		return nil, err
	}
	where, total := "one region", s.Secrets
	megs := float64(mostAuditMegs)
	var flags []string
	switch {
	case s.Organization > 0:
		where, total = fmt.Sprint(s.Organization, " accounts, ", auditRegions, " regions"), s.Secrets*auditRegions*s.Organization
		flags, megs = []string{"--organization", "--role-name", "assay"}, mostMembersMegs
	case s.Everywhere:
		where, total = fmt.Sprint(auditRegions, " regions"), s.Secrets*auditRegions
	}
	aws, err := startServer(ctx, server, "--secrets", fmt.Sprint(s.Secrets), "--scale", fmt.Sprint(s.Scale), fmt.Sprint("--everywhere=", s.Everywhere),
		"--organization", fmt.Sprint(s.Organization), "--session", auditSession)
	if err != nil {
		return nil, err
	}
	defer aws.stop()
	audit := contender{
		Name: assayName, ok: []int{1}, env: aws.env, toFile: reportFile, report: reportFile, read: holds(total),
		args: func(string) []string {
			return append([]string{s.programs.assay, "audit", "--no-config", "--quiet", "--rate", fmt.Sprint(s.Scale * auditRateOfScale)}, flags...)
		},
	}
	rows, err := interleave(ctx, schedule{Rounds: s.Rounds, Slow: s.Slow, Watch: watchInterval}, []contender{audit})
	if err != nil {
		return nil, err
	}
	ideal := time.Duration(float64(s.Secrets) / (versionsASecond * s.Scale) * float64(time.Second))
	r := newResult("audit", place{corpus: corpus{Name: where}, Facts: fmt.Sprintf("%d secrets, quotas times %v, ideal %s", total, s.Scale, duration(ideal))}, rows)
	if row, ok := rowOf(rows, assayName); ok {
		r.Bars = []bar{
			most("wall time of what the quotas allow", share(row.Wall, ideal), mostWallOfIdeal),
			most("MB of anonymous memory of assay", float64(row.Anon)/1e6, megs),
		}
	}
	return []result{r}, nil
}

// holds reads the summary of a report for people, and takes it for incomplete
// unless that many secrets were examined. That nothing was missing of them is
// known from the exit code.
func holds(secrets int) reader {
	return func(in io.Reader) (scan, error) {
		text, err := io.ReadAll(in)
		_, summary, _ := strings.Cut(string(text), "\nSummary\n")
		digits := strings.ReplaceAll(summary, ",", "")
		return scan{Incomplete: !strings.Contains(digits, fmt.Sprintf(" %d secrets ", secrets))}, err
	}
}
