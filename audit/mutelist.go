package audit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// A Mutelist says which findings somebody has looked at and leaves as they are, in
// the form that Prowler reads:
//
//	Mutelist:
//	  Accounts:
//	    "111122223333":           # or "*"
//	      Checks:
//	        "SM-ROT-01":          # a pattern; Prowler's names of checks do as well
//	          Regions: ["*"]
//	          Resources: ["^prod/legacy/"]
//	          Description: "rotated by hand, see OPS-7 expires=2027-01-31"
//
// Patterns are regular expressions that match anywhere; one that begins with an
// asterisk matches from the beginning. Those of resources are compared with the name,
// with the id at the end of the ARN where that is another, and, where they begin with
// "arn:" or "^arn:", with the ARN. Reason and Expires are understood beside
// Description, which can say both for the sake of Prowler: it refuses a file with keys
// of other tools. An entry that goes by tags is not obeyed: whoever owns a resource
// tags it.
//
// Of keys that stand in a mapping twice the last counts, as for Prowler, and the others
// are reported as not obeyed. Accounts of other clouds are passed over.
type Mutelist struct {
	name    string
	entries []*muteEntry // in the order of the file
	dropped []*muteEntry // what later ones take the place of
}

// A muteEntry is one check of one account.
type muteEntry struct {
	line               int
	account            string
	check              string // as it stands there
	checks             *regexp.Regexp
	regions, resources muteItems
	except             *muteExceptions // nil for none
	refused            string          // why it is not obeyed, "" if it is
	reason             string
	expires            string // the last day, "2027-01-31"; "" for no end
}

// muteExceptions take findings out of an entry again, and out of all that follow in
// the account. What a file leaves out holds for every finding, as long as one holds.
type muteExceptions struct {
	accounts, regions, resources muteItems
	tags                         bool // it also goes by tags
}

// maxMutes bounds the entries, and maxDescription a description, in bytes: YAML can name
// the same ones again and again.
const (
	maxMutes       = 10_000
	maxDescription = 4_000
)

// ParseMutelist reads a mutelist. The error names file and line, and quotes nothing.
func ParseMutelist(name string, data []byte) (*Mutelist, error) {
	root, err := onlyDocument(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	p := &muteParser{yamlReader: yamlReader{left: maxNodes}, Mutelist: &Mutelist{name: name}, muteCompiler: newMuteCompiler()}
	if err := p.parse(root); err != nil {
		return nil, fmt.Errorf("%s:%w", name, err)
	}
	return p.Mutelist, nil
}

// onlyDocument reads the only document of a file.
func onlyDocument(data []byte) (*yaml.Node, error) {
	var root, more yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(data))
	err := d.Decode(&root)
	if errors.Is(err, io.EOF) {
		return &root, nil
	}
	if err == nil {
		switch err = d.Decode(&more); {
		case err == nil:
			return nil, errors.New("a second document stands in it, which nobody reads")
		case errors.Is(err, io.EOF):
			return &root, nil
		}
	}
	return nil, errors.New("it is no YAML") // what the error says may quote the file
}

// at is an error about a node.
func at(n *yaml.Node, text string) error { return fmt.Errorf("%d: %s", max(n.Line, 1), text) }

// A muteParser makes a Mutelist of a document.
type muteParser struct {
	yamlReader
	*Mutelist
	muteCompiler
}

func (p *muteParser) parse(root *yaml.Node) error {
	if root.Kind != yaml.DocumentNode || len(root.Content) != 1 {
		return errors.New("1: there is nothing in it")
	}
	top, err := p.mapping(root.Content[0])
	if err != nil {
		return err
	}
	found := false
	for _, list := range top {
		if list.name != "Mutelist" { // what else there is, is another program's
			continue
		}
		found = true
		if err := p.parseList(list); err != nil {
			return err
		}
	}
	if !found {
		return at(root.Content[0], "there is no Mutelist: in it")
	}
	return nil
}

func (p *muteParser) parseList(list pair) error {
	inside, err := p.only(list, "Accounts", "Mutelist has Accounts: and nothing beside")
	if err != nil {
		return err
	}
	for _, accounts := range inside {
		if err := p.each(accounts, p.parseAccount); err != nil {
			return err
		}
	}
	return nil
}

// each calls f for the members of a mapping.
func (p *muteParser) each(of pair, f func(pair) error) error {
	members, err := p.mapping(of.value)
	if err != nil {
		return err
	}
	for _, m := range members {
		m.again = m.again || of.again
		if err := f(m); err != nil {
			return err
		}
	}
	return nil
}

// only returns the members of a mapping that has no key but one.
func (p *muteParser) only(of pair, key, otherwise string) ([]pair, error) {
	inside, err := p.mapping(of.value)
	if err != nil {
		return nil, err
	}
	for i := range inside {
		if inside[i].name != key {
			return nil, at(of.value, otherwise)
		}
		inside[i].again = inside[i].again || of.again
	}
	if len(inside) == 0 {
		return nil, at(of.value, otherwise)
	}
	return inside, nil
}

// parseAccount passes over what is no account of AWS: a mutelist may be for other
// clouds too.
func (p *muteParser) parseAccount(a pair) error {
	if a.name != "*" && !isAccount(a.name) {
		return nil
	}
	inside, err := p.only(a, "Checks", "an account has Checks: and nothing beside")
	if err != nil {
		return err
	}
	for _, checks := range inside {
		if err := p.each(checks, func(c pair) error { return p.parseCheck(a.name, c) }); err != nil {
			return err
		}
	}
	return nil
}

func (p *muteParser) parseCheck(account string, c pair) error {
	e := &muteEntry{line: c.key.Line, account: account, check: c.name}
	if err := p.parseEntry(e, c); err != nil {
		return err
	}
	if c.again {
		e.refused = "what it is under stands there again below, and the last one counts"
		return p.keep(&p.dropped, e, c)
	}
	return p.keep(&p.entries, e, c)
}

func (p *muteParser) keep(list *[]*muteEntry, e *muteEntry, where pair) error {
	if len(p.entries)+len(p.dropped) >= maxMutes {
		return at(where.key, fmt.Sprintf("more than %d entries", maxMutes))
	}
	*list = append(*list, e)
	return nil
}

func (p *muteParser) parseEntry(e *muteEntry, c pair) (err error) {
	if e.checks, err = p.pattern(e, c.key, c.name); err != nil {
		return err
	}
	fields, err := p.mapping(c.value)
	if err != nil {
		return err
	}
	description := ""
	for _, f := range fields {
		if f.again {
			if err := p.drop(e, f); err != nil {
				return err
			}
			continue
		}
		switch f.name {
		case "Regions":
			e.regions, err = p.items(e, f.value)
		case "Resources":
			e.resources, err = p.items(e, f.value)
		case "Tags":
			err = p.parseTags(e, f.value)
		case "Exceptions":
			err = p.parseExceptions(e, f.value)
		case "Description":
			description, err = short(f.value)
		case "Reason":
			e.reason, err = short(f.value)
		case "Expires":
			e.expires, err = short(f.value)
		default:
			err = at(f.key, "an entry has Regions, Resources, Tags, Exceptions, Description, Reason and Expires")
		}
		if err != nil {
			return err
		}
	}
	if e.regions == nil || e.resources == nil {
		return at(c.key, "an entry needs Regions and Resources")
	}
	return e.settle(c.key, description)
}

// drop notes a part of an entry that a later one takes the place of.
func (p *muteParser) drop(e *muteEntry, part pair) error {
	return p.keep(&p.dropped, &muteEntry{
		line: part.key.Line, account: e.account, check: e.check, checks: e.checks, refused: "a key of it stands there again below, and the last one counts",
	}, part)
}

// short is a text of a bounded length.
func short(n *yaml.Node) (string, error) {
	text, err := scalar(n)
	if len(text) > maxDescription {
		return "", at(n, fmt.Sprintf("a text is longer than %d bytes", maxDescription))
	}
	return text, err
}

// settle takes reason and last day from the description where it has them.
func (e *muteEntry) settle(key *yaml.Node, description string) error {
	var rest []string
	for _, word := range strings.Fields(description) {
		if day, ok := strings.CutPrefix(word, "expires="); ok && e.expires == "" {
			e.expires = strings.TrimRight(day, ".,;")
			continue
		}
		rest = append(rest, word)
	}
	if e.reason == "" {
		e.reason = strings.Join(rest, " ")
	}
	if e.expires == "" {
		return nil
	}
	if _, err := time.Parse(time.DateOnly, e.expires); err != nil {
		return at(key, "Expires is no day such as 2027-01-31")
	}
	return nil
}

// parseTags refuses an entry whose tags are more than all.
func (p *muteParser) parseTags(e *muteEntry, n *yaml.Node) error {
	list, err := p.sequence(n)
	for _, tag := range list {
		if tag != "*" && tag != ".*" {
			e.refused = "it goes by tags, which whoever owns a resource can set"
		}
	}
	return err
}

func (p *muteParser) parseExceptions(e *muteEntry, n *yaml.Node) error {
	fields, err := p.mapping(n)
	if err != nil {
		return err
	}
	e.except = &muteExceptions{}
	for _, f := range fields {
		if f.again {
			if err := p.drop(e, f); err != nil {
				return err
			}
			continue
		}
		switch f.name {
		case "Accounts":
			e.except.accounts, err = p.items(e, f.value)
		case "Regions":
			e.except.regions, err = p.items(e, f.value)
		case "Resources":
			e.except.resources, err = p.items(e, f.value)
		case "Tags":
			var tags []string
			if tags, err = p.sequence(f.value); len(tags) > 0 {
				e.except.tags = true
				e.refused = "its exceptions go by tags, which whoever owns a resource can set"
			}
		default:
			err = at(f.key, "exceptions are Accounts, Regions, Resources and Tags")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *muteParser) items(e *muteEntry, n *yaml.Node) (muteItems, error) {
	list, err := p.sequence(n)
	items := muteItems{}
	for _, item := range list {
		if err != nil {
			break
		}
		var r *regexp.Regexp
		r, err = p.pattern(e, n, item)
		items = append(items, r)
	}
	return items, err
}

// pattern compiles an item. Some regular expressions of Python's are none of Go's:
// then the entry is not obeyed.
func (p *muteParser) pattern(e *muteEntry, n *yaml.Node, item string) (*regexp.Regexp, error) {
	r, err := p.compile(item)
	if err != nil {
		return nil, at(n, err.Error())
	}
	if r == nothing() {
		e.refused = "a pattern of it is not understood"
	}
	return r, nil
}
