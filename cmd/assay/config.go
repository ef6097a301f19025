package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/spf13/pflag"

	"github.com/assayhq/assay/audit"
	"github.com/assayhq/assay/rules"
)

// configName is the configuration file that is looked for in the scanned folder.
const configName = ".assay.toml"

// maxConfig bounds a configuration file, in bytes.
const maxConfig = 1 << 20

// A config is a configuration file. It extends the built-in rules unless it says
// otherwise.
type config struct {
	name string // as messages show it; "" for none
	dir  string // that rule files are relative to

	commit  *commitFiles // that it is of; nil: it is a file
	refused int          // settings of a scanned tree that were not obeyed
	keyed   *string      // a salt that beats every other

	foreign *rules.Gitleaks // a configuration of gitleaks, nil for none
	exact   bool            // of foreign: rules count as they do in gitleaks

	Salt          string      `toml:"salt"`
	ExtendBuiltin *bool       `toml:"extend-builtin"`
	Rules         rulesConfig `toml:"rules"`
	Scan          scanConfig  `toml:"scan"`
	Audit         auditConfig `toml:"audit"`
}

type rulesConfig struct {
	Files   []string `toml:"files"`
	Disable []string `toml:"disable"`
}

// scanConfig holds flags of assay scan under their own names.
type scanConfig struct {
	Exclude           []string `toml:"exclude"`
	Disable           []string `toml:"disable"`
	Only              []string `toml:"only"`
	NoHistory         *bool    `toml:"no-history"`
	HistoryOnly       *bool    `toml:"history-only"`
	MinConfidence     *string  `toml:"min-confidence"`
	Placeholders      *bool    `toml:"placeholders"`
	NoInlineAllow     *bool    `toml:"no-inline-allow"`
	NoTree            *bool    `toml:"no-tree-suppressions"`
	Baseline          *string  `toml:"baseline"`
	IgnoreFile        *string  `toml:"ignore-file"`
	ShowSuppressed    *bool    `toml:"show-suppressed"`
	MaxArchiveDepth   *int     `toml:"max-archive-depth"`
	MaxArchiveSize    *int64   `toml:"max-archive-size"`
	MaxMemory         *int64   `toml:"max-memory"`
	MaxArchiveRatio   *int64   `toml:"max-archive-ratio"`
	MaxArchiveMembers *int     `toml:"max-archive-members"`
	ArchiveTimeout    *string  `toml:"archive-timeout"`
	Workers           *int     `toml:"workers"`
	State             *string  `toml:"state"`
	Incremental       *bool    `toml:"incremental"`
	Format            *string  `toml:"format"`
	Report            []string `toml:"report"`
	Quiet             *bool    `toml:"quiet"`
	Pseudonymise      *bool    `toml:"pseudonymise"`
	Color             *string  `toml:"color"`
	SARIFHistory      *string  `toml:"sarif-history"`
	SARIFCategory     *string  `toml:"sarif-category"`
	FailOn            *string  `toml:"fail-on"`
	ExitCode          *int     `toml:"exit-code"`
	ExitZero          *bool    `toml:"exit-zero"`
	AllowIncomplete   *bool    `toml:"allow-incomplete"`
}

// auditConfig holds flags of assay audit under their own names, and what only a
// configuration can say: thresholds and environments.
type auditConfig struct {
	audit.Settings
	Region            []string `toml:"region"`
	Profile           []string `toml:"profile"`
	RoleARN           *string  `toml:"role-arn"`
	ExternalID        *string  `toml:"external-id"`
	SessionName       *string  `toml:"session-name"`
	MFASerial         *string  `toml:"mfa-serial"`
	Organization      *bool    `toml:"organization"`
	Accounts          []string `toml:"accounts"`
	RoleName          *string  `toml:"role-name"`
	Scope             *string  `toml:"scope"`
	NoParameterValues *bool    `toml:"no-parameter-values"`
	Check             []string `toml:"check"`
	ExcludeCheck      []string `toml:"exclude-check"`
	Compliance        []string `toml:"compliance"`
	Mutelist          *string  `toml:"mutelist"`
	EventDays         *int     `toml:"event-days"`
	MaxEvents         *int     `toml:"max-events"`
	Rate              *float64 `toml:"rate"`
	MaxConcurrency    *int     `toml:"max-concurrency"`
	CallTimeout       *string  `toml:"call-timeout"`
	Timeout           *string  `toml:"timeout"`
	Format            *string  `toml:"format"`
	Report            []string `toml:"report"`
	Quiet             *bool    `toml:"quiet"`
	Pseudonymise      *bool    `toml:"pseudonymise"`
	Color             *string  `toml:"color"`
	FailOn            *string  `toml:"fail-on"`
	ExitCode          *int     `toml:"exit-code"`
	ExitZero          *bool    `toml:"exit-zero"`
	AllowIncomplete   *bool    `toml:"allow-incomplete"`
}

// configFlags say which configuration counts.
type configFlags struct {
	file  string
	none  bool
	exact bool   // as gitleaks has it, see gitleaksFlags
	text  string // of a configuration of gitleaks, instead of a file
}

func (f *configFlags) register(fs *pflag.FlagSet, where string) {
	fs.StringVar(&f.file, "config", "", "configuration `file` (default .assay.toml in "+where+")")
	fs.BoolVar(&f.none, "no-config", false, "read no configuration file")
}

// configure reads the configuration that stands in the folder of path, or that a
// flag names. trusted says that it was named: one that was found may belong to
// whom the run is about.
// names are the files that are looked for there.
func (f *configFlags) configure(path string, names ...string) (c *config, trusted bool, err error) {
	c = &config{exact: f.exact}
	if f.text != "" && f.file == "" {
		return c, true, c.readGitleaks("GITLEAKS_CONFIG_TOML", []byte(f.text), true)
	}
	name, found := f.file, f.file != ""
	for i := 0; i < len(names) && !found; i++ {
		name, found = findConfig(path, names[i])
	}
	if f.none || !found {
		return c, true, nil
	}
	return c, f.file != "", c.read(name, f.file != "")
}

// settle finds the configuration of a scan and gives every flag its value: from
// the command line, or else the environment, or else the configuration.
func (a *app) settle(fs *pflag.FlagSet, f *scanFlags, path string) (*config, error) {
	if err := a.fromEnvironment(fs); err != nil {
		return nil, err
	}
	c, trusted, err := f.configuration(path)
	if err != nil {
		return nil, err
	}
	ofTree := !trusted && c.commit == nil
	if f.suppress.noTree && ofTree {
		c.refuse()
	}
	if ofTree && c.Scan.NoTree != nil {
		return nil, withHint(fmt.Errorf("%s: no-tree-suppressions stands in the tree that it is about", c.name), "whoever changes the one can change the other: give the flag, or a configuration of your own with --config")
	}
	if err := c.ownFiles(trusted); err != nil {
		return nil, err
	}
	if !trusted && c.Scan.State != nil {
		// A scanned tree must not say what was examined before, and found clean.
		return nil, withHint(fmt.Errorf("%s: state stands in a configuration that was found and not named", c.name), "name the file with --config %s if you trust it, or set incremental", c.name)
	}
	if c.commit != nil {
		c.commit.take(&c.Scan)
	}
	err = c.apply(fs, "scan", &c.Scan, trusted)
	f.disable = append(f.disable, c.Rules.Disable...) // besides what flags say; setting the flag would replace it
	return c, err
}

// refuse forgets what a scanned tree says about its own examination, and counts
// it. Its salt stays: it hides nothing, and who compares fingerprints needs it.
func (c *config) refuse() {
	for _, table := range []any{c.Scan, c.Rules} {
		for _, field := range reflect.ValueOf(table).Fields() {
			if !field.IsZero() {
				c.refused++
			}
		}
	}
	if c.ExtendBuiltin != nil {
		c.refused++
	}
	if c.foreign != nil {
		c.refused++
		c.foreign = nil
	}
	c.Scan, c.Rules, c.ExtendBuiltin = scanConfig{}, rulesConfig{}, nil
}

// ownFiles makes the files that the tables name relative to the
// configuration's folder. A scanned tree may name none outside itself.
func (c *config) ownFiles(trusted bool) error {
	for key, name := range map[string]*string{"scan.baseline": c.Scan.Baseline, "scan.ignore-file": c.Scan.IgnoreFile, "audit.mutelist": c.Audit.Mutelist} {
		if name == nil || *name == "" || trusted && filepath.IsAbs(*name) {
			continue
		}
		if !trusted && !filepath.IsLocal(*name) {
			return fmt.Errorf("%s: %s: %q lies outside the configuration's folder", c.name, key, *name)
		}
		*name = filepath.Join(c.dir, *name)
	}
	return nil
}

// fromEnvironment sets flags that the command line leaves alone from variables
// such as ASSAY_MIN_CONFIDENCE.
func (a *app) fromEnvironment(fs *pflag.FlagSet) error {
	var errs []error
	fs.VisitAll(func(flag *pflag.Flag) {
		name := variableOf(flag.Name)
		value := a.getenv(name)
		if value == "" || flag.Changed || flag.Name == "help" {
			return
		}
		if err := fs.Set(flag.Name, value); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
	})
	return errors.Join(errs...)
}

// variableOf is the environment variable that gives a flag its value.
func variableOf(flag string) string {
	return "ASSAY_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// findConfig looks for the configuration in the folder that is scanned.
func findConfig(path, base string) (string, bool) {
	if path == "-" {
		path = "."
	}
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		path = filepath.Dir(path)
	}
	name := filepath.Join(path, base)
	info, err := os.Lstat(name)
	return name, err == nil && info.Mode().IsRegular()
}

// read reads a configuration, ours or one of gitleaks.
func (c *config) read(name string, trusted bool) error {
	info, err := os.Stat(name)
	if err == nil && info.Size() > maxConfig {
		err = fmt.Errorf("longer than %d bytes", maxConfig)
	}
	var data []byte
	if err == nil {
		data, err = os.ReadFile(name)
	}
	if err != nil {
		return withHint(fmt.Errorf("configuration %s: %w", name, pathless(err)), "--config names another file, --no-config goes without")
	}
	c.dir = filepath.Dir(name)
	return c.decode(name, data, trusted)
}

// decode reads the text of a configuration, ours or one of gitleaks, that messages call
// name.
func (c *config) decode(name string, data []byte, trusted bool) error {
	if rules.LooksLikeGitleaks(data) || filepath.Base(name) == gitleaksConfigName {
		return c.readGitleaks(name, data, trusted)
	}
	if err := toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields().Decode(c); err != nil {
		return withHint(rules.DescribeTOML(name, err), "the README lists the keys of %s", configName)
	}
	c.name = name
	return nil
}

func pathless(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	var l *os.LinkError // of a rename
	if errors.As(err, &l) {
		return l.Err
	}
	return err
}

// apply sets the flags that neither the command line nor the environment set
// from the fields of table, whose keys are the flags' names.
func (c *config) apply(fs *pflag.FlagSet, key string, table any, trusted bool) error {
	var errs []error
	value := reflect.ValueOf(table).Elem()
	for i := range value.NumField() {
		flag, field := value.Type().Field(i).Tag.Get("toml"), value.Field(i)
		if flag == "" || field.IsZero() || fs.Lookup(flag) == nil || fs.Changed(flag) {
			continue // or a command of the table that does not have it
		}
		if flag == "report" && !trusted {
			// A scanned tree must not say which files are written.
			errs = append(errs, withHint(fmt.Errorf("%s: report stands in a configuration that was found and not named", c.name),
				"name the file with --config %s if you trust it", c.name))
			continue
		}
		for _, v := range texts(field) {
			if err := fs.Set(flag, v); err != nil {
				errs = append(errs, fmt.Errorf("%s: %s.%s: %w", c.name, key, flag, err))
			}
		}
	}
	return errors.Join(errs...)
}

// texts are the values of a key as the command line would have them.
func texts(field reflect.Value) []string {
	if field.Kind() == reflect.Pointer {
		return []string{fmt.Sprint(field.Elem())}
	}
	return field.Interface().([]string)
}

// salt returns what fingerprints are keyed with, nil for the public default.
func (c *config) salt(getenv func(string) string) []byte {
	if c.keyed != nil {
		if *c.keyed == "" {
			return nil
		}
		return []byte(*c.keyed)
	}
	if s := getenv("ASSAY_SALT"); s != "" {
		return []byte(s)
	}
	if c.Salt != "" {
		return []byte(c.Salt)
	}
	return nil
}

// rules returns the built-in rules, unless they are switched off, and those of
// the rule files that the configuration names, with the allowlists that count for
// them.
func (c *config) rules() (all rules.File, err error) {
	if c.ExtendBuiltin == nil || *c.ExtendBuiltin {
		all.Rules = rules.Builtin()
	}
	if c.foreign != nil {
		maskProse(c.foreign.Rules)
		return c.foreignRules(all.Rules), nil
	}
	for _, name := range c.Rules.Files {
		if !filepath.IsLocal(name) {
			return all, fmt.Errorf("%s: rules.files: %q lies outside the configuration's folder", c.name, name)
		}
		own, err := c.readRuleFile(filepath.Join(c.dir, name))
		if err != nil {
			return all, err
		}
		maskProse(own.Rules)
		all.Rules = append(all.Rules, own.Rules...)
		all.Allow = append(all.Allow, own.Allow...)
	}
	return all, nil
}

// maskProse masks what reports say of rules that a scanned tree may have brought.
func maskProse(list []rules.Rule) {
	if len(list) == 0 {
		return
	}
	mask := masker()
	for i := range list {
		r := &list[i]
		for _, text := range []*string{&r.Title, &r.Text, &r.Remedy, &r.Companion.Title} {
			*text = mask(*text)
		}
		for k := range r.References {
			r.References[k] = mask(r.References[k])
		}
	}
}

// readRuleFile reads a rule file from where c is.
func (c *config) readRuleFile(name string) (rules.File, error) {
	if c.commit != nil {
		return c.commit.rules(name)
	}
	return readRuleFile(name)
}

func readRuleFile(name string) (rules.File, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return rules.File{}, fmt.Errorf("rule file %s: %w", name, pathless(err))
	}
	return rules.ParseFile(name, data)
}

// readRules reads the rules of a rule file.
func readRules(name string) ([]rules.Rule, error) {
	file, err := readRuleFile(name)
	return file.Rules, err
}
