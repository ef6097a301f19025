package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"html"
	"regexp"
	"strings"
	"testing"
	"time"
)

var pageAsset = regexp.MustCompile(`(?s)<style>.*?</style>|<script>.*?</script>|&#39;sha256-[^&]*&#39;`)

// pageAlone is a page without the style and the script that all pages have.
func pageAlone(page []byte) []byte { return pageAsset.ReplaceAll(page, []byte("...")) }

// pageOf is the page of a run as text.
func pageOf(t testing.TB, tell func(Handler)) string {
	t.Helper()
	var b bytes.Buffer
	tell(NewHTML(&b, HTMLOptions{}))
	return b.String()
}

// The policy names the style and the script that the page has, and nothing else runs.
func TestPagePolicy(t *testing.T) {
	page := pageOf(t, func(h Handler) { check(t, auditCase().tell(h)) })
	for _, element := range []string{"style", "script"} {
		_, rest, _ := strings.Cut(page, "<"+element+">")
		text, _, _ := strings.Cut(rest, "</"+element+">")
		sum := sha256.Sum256([]byte(text))
		if want := element + "-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "';"; !strings.Contains(html.UnescapeString(page), want) {
			t.Errorf("the policy lacks %s", want)
		}
		if n := strings.Count(page, "<"+element); n != 1 {
			t.Errorf("there are %d elements %s", n, element)
		}
	}
	if !strings.Contains(html.UnescapeString(page), `"default-src 'none'; `) {
		t.Error("something may be loaded")
	}
}

// elementsOf are the names of the elements and attributes that a page begins.
func elementsOf(page string) map[string]bool {
	names := map[string]bool{}
	for _, tag := range regexp.MustCompile(`<([a-zA-Z][a-zA-Z0-9]*)((?:\s+[a-zA-Z:-]+(?:="[^"]*")?)*)\s*/?>`).FindAllStringSubmatch(page, -1) {
		names[tag[1]] = true
		for _, attribute := range regexp.MustCompile(`\s([a-zA-Z:-]+)(?:="[^"]*")?`).FindAllStringSubmatch(tag[2], -1) {
			names[tag[1]+" "+attribute[1]] = true
		}
	}
	return names
}

// Text of the input can begin no element, and end none.
func TestPageEscapes(t *testing.T) {
	attacks := []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `'><svg/onload=alert(1)>`, `</noscript><b id=main>`, `</style><b>`, `</script><b>`, `--><b>`, `<![CDATA[<b>]]>`, `javascript:alert(1)`, "{{.}}", "&lt;b&gt;",
	}
	tell := map[string]func(text string) string{
		"scan": func(text string) string {
			return pageOf(t, func(h Handler) { check(t, hostileScan(text).tell(h)) })
		},
		"audit": func(text string) string {
			return pageOf(t, func(h Handler) {
				c := auditCaseOf(text, text)
				c.summary.Posture = hostilePosture(text)
				check(t, c.tell(h))
			})
		},
	}
	for kind, page := range tell {
		want := elementsOf(string(pageAlone([]byte(page("plain")))))
		for _, attack := range attacks {
			got := string(pageAlone([]byte(page(attack))))
			for name := range elementsOf(got) {
				if !want[name] {
					t.Errorf("%s: %q makes %s", kind, attack, name)
				}
			}
			if strings.Contains(attack, "<") && strings.Contains(got, attack) {
				t.Errorf("%s: %q stands in the page as it is", kind, attack)
			}
			if regexp.MustCompile(`href="[^#h]`).MatchString(strings.ReplaceAll(got, `href="data:,"`, "")) {
				t.Errorf("%s: %q makes a link that is none", kind, attack)
			}
		}
	}
}

// hostileScan has a text wherever a scan can put some.
func hostileScan(text string) reportCase {
	c := Commit{ID: text, Author: text, Date: pageDay}
	return reportCase{
		run: Run{Tool: "assay", Version: text, Command: "scan", Target: text, Rules: []Rule{{ID: text, Title: text, Text: text, Remedy: text, References: []string{text}}}},
		findings: []Finding{{
			RuleID: text, Message: text, Excerpt: text, Fingerprint: text, Suppression: &Suppression{text, text, text, text},
			Occurrences: []Location{
				{Path: text, Inner: text, Object: text, Type: text, Introduced: &c, Removed: &c, Companion: &Companion{What: text}},
				{Path: text, Object: text, Refs: []string{text}, AtHead: true},
			},
		}},
		notices: []Notice{{text, nil, nil, ""}}, summary: Summary{Findings: [5]int{1}, NotExamined: 1},
	}
}

func hostilePosture(text string) *Posture {
	r := Resource{text, text, typeSecret, text, text}
	e := PostureEvent{PostureFailed, pageDay, pageDay, 2, text, text}
	return &Posture{
		Collected: pageDay, From: pageDay.AddDate(0, 0, -9), Runs: []PostureRun{{At: pageDay.AddDate(0, 0, -1), Target: text, Score: Score{Fine: 1}}},
		Secrets: []PostureSecret{{
			Resource: r, Facts: []Fact{{text, text}}, Events: []PostureEvent{e}, CanKnown: true, Can: []PostureAccess{{text + "2", true, text}},
			Readers: []PostureReader{{text, 1, 1, pageDay, pageDay, []string{text}}},
		}},
	}
}

// Who can read a secret is joined with who did.
func TestPageReaders(t *testing.T) {
	r := testResource(testAccount, "eu-west-1", "prod/db")
	s := PostureSecret{Resource: r, Readers: []PostureReader{
		{Principal: "role/app", Reads: 45, First: pageDay.AddDate(0, 0, -60), Last: pageDay, Sources: []string{"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"}},
		{Principal: "role/gone", Failed: 2, First: pageDay, Last: pageDay},
	}}
	tell := func(known bool) string {
		s := s
		if known {
			s.CanKnown, s.Can = true, []PostureAccess{{"role/app", false, "policy reads"}, {"role/idle", true, "aws:SourceVpc"}}
		}
		return pageOf(t, func(h Handler) {
			check(t, h.Begin(Run{Command: "audit", Rules: testChecks()}))
			check(t, h.Verdict(Verdict{"SM-ROT-01", r, OutcomePass, "on"}))
			check(t, h.End(Summary{Posture: &Posture{Collected: pageDay, From: pageDay.AddDate(0, 0, -90), Secrets: []PostureSecret{s}}}))
		})
	}
	for known, texts := range map[bool][]string{
		false: {
			`role/app<td>not known<td>45 reads, 2026-09-22 to 2026-11-21, from 10.0.0.1, 10.0.0.2, 10.0.0.3 and 1 more`, `role/gone<td>not known<td>0 reads, 2 failed, 2026-11-21`, "Who can read it is not known",
		},
		true: {`role/app<td>allowed: policy reads<td>45 reads`, `role/gone<td>not any more, by the policies<td>`, `role/idle<td>conditional: aws:SourceVpc<td>not since 2026-08-23`},
	} {
		page := tell(known)
		for _, text := range texts {
			if !strings.Contains(page, text) {
				t.Errorf("the page lacks %q", text)
			}
		}
		if known && strings.Contains(page, "not known") {
			t.Error("what is known is said not to be")
		}
	}
}

// The list holds the worst, and the numbers count all.
func TestPageBounds(t *testing.T) {
	p := newScanPage(Run{}, nil)
	for i := range pageItems + 5 {
		p.Finding(Finding{RuleID: "a", Severity: Severity(i % 2)})
	}
	if p.total != pageItems+5 || p.held != pageItems || len(p.kept[1]) != (pageItems+5)/2 {
		t.Errorf("of %d findings %d are held, %d of them low", p.total, p.held, len(p.kept[1]))
	}
}

func TestFlow(t *testing.T) {
	var f flow
	at := func(year int, m time.Month) time.Time { return time.Date(year, m, 3, 0, 0, 0, 0, time.UTC) }
	f.add(at(2024, 1), at(2024, 3))
	f.add(at(2024, 1), time.Time{})
	f.add(at(2024, 3), at(2023, 1)) // a clock that was wrong
	f.add(time.Time{}, time.Time{})
	v := f.view()
	if v == nil || v.From != "2024-01" || v.To != "2024-03" || v.Most != "2" || v.MostCame != "+2" || v.MostWent != "-2" {
		t.Fatalf("%+v", v)
	}
	if last := v.Rows[len(v.Rows)-1]; last != (flowRow{"2024-03", 1, 2, 1}) {
		t.Errorf("the last row is %+v", last)
	}
	if !strings.Contains(v.Lead, "Of 1 finding no time is known") {
		t.Error(v.Lead)
	}
	f.add(at(1850, 1), time.Time{})
	f.add(at(2300, 1), time.Time{})
	if v := f.view(); len(v.Rows) > flowBars+1 || v.Rows[len(v.Rows)-1].Open != 3 {
		t.Errorf("%d bars, the last %+v", len(v.Rows), v.Rows[len(v.Rows)-1])
	}
	if (&flow{undated: 3}).view() != nil {
		t.Error("a timeline of nothing")
	}
}

// Regions in which nothing was there but what every region has share a column.
func TestMatrixColumns(t *testing.T) {
	p := newAuditPage(Run{Rules: testChecks()})
	verdict := func(region, id string, o Outcome) {
		p.Verdict(Verdict{id, Resource{"arn:" + region + id, region, "AWS::Account::Region", testAccount, region}, o, ""})
	}
	for _, region := range []string{"a", "b", "c", "d", "e"} {
		verdict(region, "SM-ACC-01", OutcomePass)
	}
	verdict("d", "SM-ROT-01", OutcomePass)
	verdict("e", "SM-ROT-01", OutcomeNotEvaluated)
	m := p.matrix()
	if got := strings.Join(m.Columns, ", "); got != "d, e, 3 quiet regions" {
		t.Errorf("columns %s", got)
	}
	if cells := m.Rows[4].Cells; cells[0].Mark != "✓" || cells[1].Mark != "? 1" || cells[2].Mark != "·" {
		t.Errorf("SM-ROT-01 has %+v", cells)
	}
	if newAuditPage(Run{Rules: testChecks()}).matrix() != nil {
		t.Error("a matrix of nothing")
	}
	for i := range 30 {
		verdict("region-"+strings.Repeat("x", i), "SM-ROT-01", OutcomeNotEvaluated)
	}
	if m := p.matrix(); len(m.Columns) != 1 || m.Columns[0] != testAccount {
		t.Errorf("many regions have the columns %q", m.Columns)
	}
}
