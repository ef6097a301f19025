package report

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"net/netip"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Pseudonyms puts made-up names in the place of those of people, roles, secrets and
// other resources, and of network and mail addresses, so that a report can leave the
// team that may know them. The same name under the same key has the same pseudonym in
// every report; nobody without the key can tell or try what it stands for. Accounts,
// regions, checks, rules and paths of files stay.
//
// A name in the middle of a text is known by its form (an ARN, an address, an id of
// IAM), because it is one of the resource that the text is about, or because it was
// handed to NewPseudonyms.
type Pseudonyms struct {
	key   []byte
	names map[string]bool // that texts may hold
	long  []string        // those of them that are no single word
	forms forms
}

// NewPseudonyms returns pseudonyms under a key of at least 16 bytes. names are those
// that no form gives away: of secrets, functions, trails, users.
func NewPseudonyms(key []byte, names []string) (*Pseudonyms, error) {
	if len(key) < 16 {
		return nil, errors.New("the key of pseudonyms is shorter than 16 bytes, and could be guessed")
	}
	p := &Pseudonyms{key: key, names: make(map[string]bool, len(names)), forms: newForms()}
	for _, n := range names {
		p.names[n] = n != ""
		if words := p.forms.word.FindString(n); words != n && n != "" {
			p.long = append(p.long, n)
		}
	}
	slices.SortFunc(p.long, func(a, b string) int { return len(b) - len(a) }) // the longest first
	return p, nil
}

// pseudonymCode has no letters that look like digits.
const pseudonymCode = "abcdefghijkmnpqrstuvwxyz23456789"

// of is the pseudonym of a name: 60 bits of a keyed hash.
func (p *Pseudonyms) of(kind, name string) string {
	if name == "" || p.forms.made.MatchString(name) {
		return name
	}
	mac := hmac.New(sha256.New, p.key)
	mac.Write([]byte("assay pseudonym v1\x00" + name))
	return kind + "-" + base32.NewEncoding(pseudonymCode).EncodeToString(mac.Sum(nil))[:12]
}

// Name is the pseudonym of a name.
func (p *Pseudonyms) Name(name string) string {
	switch {
	case strings.HasPrefix(name, "arn:"):
		return p.arn(name)
	case strings.HasPrefix(name, "alias/"):
		return "alias/" + p.of("name", name[len("alias/"):])
	}
	return p.of("name", name)
}

// forms are what names and addresses look like. They are compiled where somebody wants
// pseudonyms, for every start of the program would pay for them.
type forms struct {
	arn, word, mail, iam *regexp.Regexp
	ipv4                 *regexp.Regexp // as a part of a word: of a URL, behind a user
	kind                 *regexp.Regexp // before the name in the last part of an ARN
	tail                 *regexp.Regexp // of the ARN of a secret
	made                 *regexp.Regexp // a pseudonym
}

func newForms() forms {
	return forms{
		arn:  regexp.MustCompile(`arn:aws[a-z-]*:[^\s"'<>,;()\[\]{}]+`),
		word: regexp.MustCompile(`[\pL\pM\pN_/+=.@!:$*%&#~^|\\-]+`),
		mail: regexp.MustCompile(`[\pL\pM\pN._%+-]+(?:@[\pL\pM\pN.-]+)*@[\pL\pM\pN.-]+\.\pL{2,}`),
		ipv4: regexp.MustCompile(`\b(?:[0-9]{1,3}\.){3}[0-9]{1,3}\b`),
		iam:  regexp.MustCompile(`\b(?:AKIA|ASIA|AIDA|AROA|AGPA|AIPA|ANPA|ANVA|ASCA|APKA|ABIA|ACCA)[A-Z0-9]{12,}`),
		kind: regexp.MustCompile(`^[a-z][a-z-]*[:/]`),
		tail: regexp.MustCompile(`-[A-Za-z0-9]{6}$`),
		made: regexp.MustCompile(`^(name|address|id|author)-[a-km-z2-9]{12}$`),
	}
}

// arn keeps service, region, account and kind of an ARN, and the text after it that
// is punctuation.
func (p *Pseudonyms) arn(text string) string {
	bare := strings.TrimRight(text, ".:!?")
	after := text[len(bare):]
	parts := strings.SplitN(bare, ":", 6)
	if len(parts) < 6 || parts[5] == "root" {
		return text
	}
	kind := ""
	if parts[2] != "s3" && parts[2] != "sns" && parts[2] != "sqs" { // theirs begin with the name
		kind = p.forms.kind.FindString(parts[5])
	}
	name := parts[5][len(kind):]
	switch {
	case parts[2] == "iam" || parts[2] == "sts":
		list := strings.Split(name, "/")
		for i, n := range list {
			list[i] = p.of("name", n)
		}
		name = strings.Join(list, "/")
	case name == "" || name == "*":
		return text
	case parts[2] == "secretsmanager":
		name = p.of("name", cmp.Or(p.forms.tail.ReplaceAllString(name, ""), name))
	default:
		name = p.of("name", name)
	}
	return strings.Join(parts[:5], ":") + ":" + kind + name + after
}

// Text puts pseudonyms into a text. own are names that it may hold besides.
func (p *Pseudonyms) Text(text string, own ...string) string {
	var b strings.Builder
	for text != "" {
		at := p.forms.arn.FindStringIndex(text)
		if at == nil {
			at = []int{len(text), len(text)}
		}
		b.WriteString(p.prose(text[:at[0]], own))
		b.WriteString(p.arnOrNone(text[at[0]:at[1]]))
		text = text[at[1]:]
	}
	return b.String()
}

func (p *Pseudonyms) arnOrNone(text string) string {
	if text == "" {
		return ""
	}
	return p.arn(text)
}

// prose is Text for what holds no ARN.
func (p *Pseudonyms) prose(text string, own []string) string {
	for _, n := range slices.Concat(own, p.long) {
		if n != "" && p.forms.word.FindString(n) != n {
			text = strings.ReplaceAll(text, n, p.Name(n))
		}
	}
	text = p.forms.word.ReplaceAllStringFunc(text, func(word string) string { return p.word(word, own) })
	text = p.forms.iam.ReplaceAllStringFunc(text, func(id string) string { return p.of("id", id) })
	return p.forms.mail.ReplaceAllStringFunc(text, func(m string) string { return p.of("address", m) })
}

// word replaces a word that is a name or an address, with the punctuation around it
// kept.
func (p *Pseudonyms) word(word string, own []string) string {
	for bare := word; ; {
		if p.names[bare] || slices.Contains(own, bare) {
			return p.Name(bare) + word[len(bare):]
		}
		if address := p.address(bare); address != "" {
			return address + word[len(bare):]
		}
		shorter := strings.TrimRight(bare, ".:!?")
		if shorter == bare || shorter == "" {
			return p.forms.ipv4.ReplaceAllStringFunc(word, func(a string) string { return cmp.Or(p.address(a), a) })
		}
		bare = shorter
	}
}

// address is the pseudonym of a network address or range, with a port behind it or
// not; "" if there is none.
func (p *Pseudonyms) address(word string) string {
	if a, err := netip.ParseAddr(word); err == nil {
		return p.of("address", a.String())
	}
	if r, err := netip.ParsePrefix(word); err == nil {
		return p.of("address", r.String())
	}
	if a, err := netip.ParseAddrPort(word); err == nil {
		return p.of("address", a.Addr().String())
	}
	return ""
}

// Pseudonymise returns a Handler that hands everything on under pseudonyms.
func Pseudonymise(p *Pseudonyms, next Handler) Handler {
	return &pseudonymising{p, next, map[string]Rule{}}
}

type pseudonymising struct {
	*Pseudonyms
	next  Handler
	rules map[string]Rule
}

func (h *pseudonymising) Begin(r Run) error {
	for _, rule := range r.Rules {
		h.rules[rule.ID] = rule
	}
	r.Target = h.Text(r.Target)
	if r.Config != "" {
		r.Config = path.Base(r.Config)
	}
	return h.next.Begin(r)
}

func (h *pseudonymising) Finding(f Finding) error {
	var own []string
	f.Occurrences = slices.Clone(f.Occurrences)
	for i, l := range f.Occurrences {
		if l.Resource != nil {
			own = append(own, l.Resource.Name)
			f.Occurrences[i] = h.place(l)
			continue
		}
		f.Occurrences[i].Introduced, f.Occurrences[i].Removed = h.commit(l.Introduced), h.commit(l.Removed)
	}
	title := h.rules[f.RuleID].Title
	if rest, ok := strings.CutPrefix(f.Message, title); ok && title != "" {
		f.Message = title + h.Text(rest, own...) // no word of ours is a name
	} else {
		f.Message = h.Text(f.Message, own...)
	}
	f.Excerpt = h.Text(f.Excerpt, own...)
	f.Suppression = h.suppression(f.Suppression)
	return h.next.Finding(f)
}

// place is a location of an audit, whose path is made of the name.
func (h *pseudonymising) place(l Location) Location {
	r := h.resource(*l.Resource)
	if before, ok := strings.CutSuffix(l.Path, l.Resource.Name); ok {
		l.Path = before + r.Name
	} else {
		l.Path = h.Text(l.Path, l.Resource.Name)
	}
	l.Resource = &r
	return l
}

// resource leaves a region its name.
func (h *pseudonymising) resource(r Resource) Resource {
	if r.Name != r.Region {
		r.Name = h.Name(r.Name)
	}
	if strings.HasPrefix(r.ARN, "arn:") {
		r.ARN = h.arn(r.ARN)
	} else {
		r.ARN = h.Name(r.ARN)
	}
	return r
}

func (h *pseudonymising) commit(c *Commit) *Commit {
	if c == nil {
		return nil
	}
	other := *c
	other.Author = h.of("author", c.Author)
	return &other
}

func (h *pseudonymising) suppression(s *Suppression) *Suppression {
	if s == nil {
		return nil
	}
	other := *s
	other.Reason, other.Owner = h.Text(s.Reason), h.of("name", s.Owner)
	return &other
}

func (h *pseudonymising) Verdict(v Verdict) error {
	own := v.Resource.Name
	v.Resource = h.resource(v.Resource)
	v.Reason = h.Text(v.Reason, own)
	return h.next.Verdict(v)
}

func (h *pseudonymising) Notice(n Notice) error {
	n.Subject, n.Accepted = h.Text(n.Subject), h.suppression(n.Accepted)
	n.Err = errors.New(h.Text(reason(n)))
	return h.next.Notice(n)
}

func (h *pseudonymising) End(s Summary) error {
	s.Facts = slices.Clone(s.Facts)
	for i, f := range s.Facts {
		s.Facts[i].Text = h.Text(f.Text)
	}
	if s.Posture != nil {
		s.Posture = h.posture(*s.Posture)
	}
	return h.next.End(s)
}

func (h *pseudonymising) posture(p Posture) *Posture {
	p.Secrets, p.Runs = slices.Clone(p.Secrets), slices.Clone(p.Runs)
	for i := range p.Secrets {
		p.Secrets[i] = h.secret(p.Secrets[i])
	}
	for i := range p.Runs {
		p.Runs[i].Target = h.Text(p.Runs[i].Target)
	}
	return &p
}

func (h *pseudonymising) secret(s PostureSecret) PostureSecret {
	own := s.Resource.Name
	s.Resource = h.resource(s.Resource)
	s.Facts, s.Events, s.Readers, s.Can = slices.Clone(s.Facts), slices.Clone(s.Events), slices.Clone(s.Readers), slices.Clone(s.Can)
	for i, f := range s.Facts {
		s.Facts[i].Text = h.Text(f.Text, own)
	}
	for i, e := range s.Events {
		s.Events[i].Who, s.Events[i].Text = h.Text(e.Who), h.Text(e.Text, own)
	}
	for i, r := range s.Readers {
		s.Readers[i].Principal, s.Readers[i].Sources = h.Text(r.Principal), slices.Clone(r.Sources)
		for k, source := range r.Sources {
			s.Readers[i].Sources[k] = h.Text(source)
		}
	}
	for i, c := range s.Can {
		s.Can[i].Principal, s.Can[i].Why = h.Text(c.Principal), h.Text(c.Why, own)
	}
	return s
}
