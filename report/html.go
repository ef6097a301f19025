package report

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"io"
	"strconv"
	"strings"
	"time"
)

// Facts that shape the pages.
//
//   - A page opened from a disk, an attachment or a build's artefact has whatever
//     rights its place has. It gets a policy by which nothing is loaded, sent or run
//     but its own style and script, which the policy names by their hashes. Such a
//     policy forbids style attributes too, so charts are SVG with attributes of SVG.
//   - Content-Security-Policy in a meta element knows neither frame-ancestors nor
//     report-uri.
//   - All text is escaped twice: by escape, so that no character can move others
//     about, and by html/template.
//
//go:embed page
var pageFiles embed.FS

// HTMLOptions are what the format html can be told.
type HTMLOptions struct {
	// Now is the present, by which the age of credentials is measured; nil stands for
	// the newest date in the report, so that the same input gives the same bytes.
	Now func() time.Time
}

// NewHTML returns a Handler that writes one page for people, a file that loads
// nothing: of a scan its findings by rule, path, author and age, of an audit the
// posture of its accounts. Both can be read without a script. Everything is held until
// End, findings up to pageItems and the others as numbers.
func NewHTML(w io.Writer, o HTMLOptions) Handler {
	return &htmlHandler{output: output{w: w}, options: o, notices: held{limit: pageNotices}}
}

const (
	// pageItems is how many findings or secrets a page lists, the worst: a browser
	// opens 10,000 in a second or two.
	pageItems = 10_000
	// pageEager is how many items are made into elements when a page is opened. On a
	// page of more each is when somebody opens it; without a script all are.
	pageEager = 1000
	// pageNotices bounds the text of notices on a page, in bytes.
	pageNotices = 1 << 20
)

type htmlHandler struct {
	output
	options HTMLOptions
	run     Run
	notices held
	page    page
}

// A page gathers what one kind of run tells.
type page interface {
	Finding(Finding)
	Verdict(Verdict)
	// write writes the page with a template of all.
	write(w io.Writer, all *template.Template, base pageBase) error
}

func (h *htmlHandler) Begin(r Run) error {
	if err := h.begin(); err != nil {
		return err
	}
	h.run = r
	if r.Command == "audit" {
		h.page = newAuditPage(r)
	} else {
		h.page = newScanPage(r, h.options.Now)
	}
	return nil
}

func (h *htmlHandler) Finding(f Finding) error {
	if err := h.finding(); err != nil {
		return err
	}
	h.page.Finding(f)
	return nil
}

func (h *htmlHandler) Verdict(v Verdict) error {
	if err := h.verdict(); err != nil {
		return err
	}
	h.page.Verdict(v)
	return nil
}

func (h *htmlHandler) Notice(n Notice) error {
	if err := h.notice(); err != nil {
		return err
	}
	h.notices.add(n)
	return nil
}

func (h *htmlHandler) End(s Summary) error {
	if err := h.end(); err != nil {
		return err
	}
	all, err := pageTemplates()
	if err != nil {
		return err
	}
	style, script, policy, err := pageAssets()
	if err != nil {
		return err
	}
	base := pageBase{summary: s, notices: &h.notices, Frame: frame{
		Style: style, Script: script, Policy: policy, Target: escape(h.run.Target), Tool: escape(join(" ", h.run.Tool, h.run.Version)),
	}}
	if err := h.page.write(pieces{&h.output}, all, base); err != nil {
		return err
	}
	return h.flush()
}

// pieces writes what an output gathers as often as there is enough of it.
type pieces struct{ *output }

func (p pieces) Write(text []byte) (int, error) {
	p.Buffer.Write(text)
	return len(text), p.flushMany()
}

// pageTemplates parses the templates. That is done when a page is wanted, so that no
// other run pays for it.
func pageTemplates() (*template.Template, error) {
	return template.ParseFS(pageFiles, "page/*.html")
}

// pageAssets returns the style and the script as elements, and the policy that lets
// only them in.
func pageAssets() (style, script template.HTML, policy string, err error) {
	css, err := pageFiles.ReadFile("page/page.css")
	if err != nil {
		return "", "", "", err
	}
	js, err := pageFiles.ReadFile("page/page.js")
	if err != nil {
		return "", "", "", err
	}
	policy = "default-src 'none'; style-src " + sourceHash(css) + "; script-src " + sourceHash(js) + "; img-src data:; base-uri 'none'; form-action 'none'"
	return template.HTML("<style>" + string(css) + "</style>"), template.HTML("<script>" + string(js) + "</script>"), policy, nil
}

func sourceHash(text []byte) string {
	sum := sha256.Sum256(text)
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// A pageBase is what both pages have.
type pageBase struct {
	Frame   frame
	Lazy    bool // items are made into elements when they are opened
	summary Summary
	notices *held
}

// A frame is what stands around a page.
type frame struct {
	Title, Target, When, Policy, Tool string
	Style, Script                     template.HTML
	Sections                          []pageSection
}

type pageSection struct{ ID, Title string }

// section adds a section to the list at the top, if there is one.
func (f *frame) section(there bool, id, title string) {
	if there {
		f.Sections = append(f.Sections, pageSection{id, title})
	}
}

// A pageNotice is something that was not examined.
type pageNotice struct{ What, Why string }

// Notices lists what was not examined.
func (b pageBase) Notices() []pageNotice {
	var list []pageNotice
	for _, n := range b.notices.notices {
		why := escape(reason(n))
		if n.Accepted != nil {
			why += ". Accepted " + escape(decision(n.Accepted))
		}
		list = append(list, pageNotice{escape(n.Subject), why})
	}
	return list
}

// NoticesLead says how many of them there are.
func (b pageBase) NoticesLead() string {
	text := count(b.notices.count(), "thing") + ". What stands here is missing from everything above."
	if b.notices.more > 0 {
		text += " The first " + thousands(int64(len(b.notices.notices))) + " are listed."
	}
	return text
}

// A tile is a large number with a label.
type tile struct{ Number, Label, Class string }

// severityTiles are tiles for the severities that occur.
func severityTiles(counts [SeverityCritical + 1]int) []tile {
	var list []tile
	for s := SeverityCritical; ; s-- {
		if counts[s] > 0 {
			list = append(list, tile{thousands(int64(counts[s])), s.String(), severityClass(s)})
		}
		if s == SeverityInfo {
			return list
		}
	}
}

func severityClass(s Severity) string { return "s" + strconv.Itoa(int(min(s, SeverityCritical))) }

// A ranked is a row of a breakdown.
type ranked struct {
	Name, Label, Token, Count string
	Bar                       template.HTML
}

// A ranking is a breakdown.
type ranking struct {
	ID, Title, Lead, More string
	Rows                  []ranked
}

// day is a date as pages write it, "" for none.
func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}

// safeLink is a reference that may be a link: that of a rule file of a user may be
// anything.
func safeLink(references []string) string {
	for _, r := range references {
		if strings.HasPrefix(r, "https://") {
			return escape(r)
		}
	}
	return ""
}
