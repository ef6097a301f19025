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

	refused int     // settings of a scanned tree that were not obeyed
	keyed   *string // a salt that beats every other

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
	MaxArchiveRatio   *int64   `toml:"max-archive-ratio"`
	MaxArchiveMembers *int     `toml:"max-archive-members"`
	ArchiveTimeout    *string  `toml:"archive-timeout"`
	Workers           *int     `toml:"workers"`
	State             *string  `toml:"state"`
	Incremental       *bool    `toml:"incremental"`
	Format            *string  `toml:"format"`
	Report            []string `toml:"report"`
	Quiet             *bool    `toml:"quiet"`
	Color             *string  `toml:"color"`
	SARIFHistory      *string  `toml:"sarif-history"`
	FailOn            *string  `toml:"fail-on"`
	ExitCode          *int     `toml:"exit-code"`
	ExitZero          *bool    `toml:"exit-zero"`
	AllowIncomplete   *bool    `toml:"allow-incomplete"`
}

// auditConfig holds flags of assay audit under their own names, and what only a
// configuration can say: thresholds and environments.
type auditConfig struct {
	audit.Settings
	Region          []string `toml:"region"`
	Profile         []string `toml:"profile"`
	RoleARN         *string  `toml:"role-arn"`
	ExternalID      *string  `toml:"external-id"`
	SessionName     *string  `toml:"session-name"`
	MFASerial       *string  `toml:"mfa-serial"`
	Check           []string `toml:"check"`
	ExcludeCheck    []string `toml:"exclude-check"`
	EventDays       *int     `toml:"event-days"`
	MaxEvents       *int     `toml:"max-events"`
	Rate            *float64 `toml:"rate"`
	MaxConcurrency  *int     `toml:"max-concurrency"`
	CallTimeout     *string  `toml:"call-timeout"`
	Timeout         *string  `toml:"timeout"`
	Format          *string  `toml:"format"`
	Report          []string `toml:"report"`
	Quiet           *bool    `toml:"quiet"`
	Color           *string  `toml:"color"`
	FailOn          *string  `toml:"fail-on"`
	ExitCode        *int     `toml:"exit-code"`
	ExitZero        *bool    `toml:"exit-zero"`
	AllowIncomplete *bool    `toml:"allow-incomplete"`
}

// configFlags say which configuration counts.
type configFlags struct {
	file string
	none bool
}

func (f *configFlags) register(fs *pflag.FlagSet, where string) {
	fs.StringVar(&f.file, "config", "", "configuration `file` (default .assay.toml in "+where+")")
	fs.BoolVar(&f.none, "no-config", false, "read no configuration file")
}

// configure reads the configuration that stands in the folder of path, or that a
// flag names. trusted says that it was named: one that was found may belong to
// whom the run is about.
func (f *configFlags) configure(path string) (c *config, trusted bool, err error) {
	c = &config{}
	name, found := f.file, f.file != ""
	if !found {
		name, found = findConfig(path)
	}
	if f.none || !found {
		return c, true, nil
	}
	return c, f.file != "", c.read(name)
}

// settle finds the configuration of a scan and gives every flag its value: from
// the command line, or else the environment, or else the configuration.
func (a *app) settle(fs *pflag.FlagSet, f *scanFlags, path string) (*config, error) {
	if err := a.fromEnvironment(fs); err != nil {
		return nil, err
	}
	c, trusted, err := f.config.configure(path)
	if err != nil {
		return nil, err
	}
	if f.suppress.noTree && !trusted {
		c.refuse()
	}
	if !trusted && c.Scan.NoTree != nil {
		return nil, withHint(fmt.Errorf("%s: no-tree-suppressions stands in the tree that it is about", c.name), "whoever changes the one can change the other: give the flag, or a configuration of your own with --config")
	}
	if err := c.ownFiles(trusted); err != nil {
		return nil, err
	}
	if !trusted && c.Scan.State != nil {
		// A scanned tree must not say what was examined before, and found clean.
		return nil, withHint(fmt.Errorf("%s: state stands in a configuration that was found in the scanned folder", c.name), "name the file with --config %s if you trust it, or set incremental", c.name)
	}
	f.disable = append(f.disable, c.Rules.Disable...)
	return c, c.apply(fs, "scan", &c.Scan, trusted)
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
	c.Scan, c.Rules, c.ExtendBuiltin = scanConfig{}, rulesConfig{}, nil
}

// ownFiles makes the files that the [scan] table names relative to the
// configuration's folder. A scanned tree may name none outside itself.
func (c *config) ownFiles(trusted bool) error {
	for key, name := range map[string]*string{"baseline": c.Scan.Baseline, "ignore-file": c.Scan.IgnoreFile} {
		if name == nil || *name == "" || trusted && filepath.IsAbs(*name) {
			continue
		}
		if !trusted && !filepath.IsLocal(*name) {
			return fmt.Errorf("%s: scan.%s: %q lies outside the configuration's folder", c.name, key, *name)
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
		name := "ASSAY_" + strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))
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

// findConfig looks for the configuration in the folder that is scanned.
func findConfig(path string) (string, bool) {
	if path == "-" {
		path = "."
	}
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		path = filepath.Dir(path)
	}
	name := filepath.Join(path, configName)
	info, err := os.Lstat(name)
	return name, err == nil && info.Mode().IsRegular()
}

func (c *config) read(name string) error {
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
	if err := toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields().Decode(c); err != nil {
		return withHint(rules.DescribeTOML(name, err), "the README lists the keys of %s", configName)
	}
	c.name, c.dir = name, filepath.Dir(name)
	return nil
}

func pathless(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
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
// the rule files that the configuration names.
func (c *config) rules() ([]rules.Rule, error) {
	var all []rules.Rule
	if c.ExtendBuiltin == nil || *c.ExtendBuiltin {
		all = rules.Builtin()
	}
	for _, name := range c.Rules.Files {
		if !filepath.IsLocal(name) {
			return nil, fmt.Errorf("%s: rules.files: %q lies outside the configuration's folder", c.name, name)
		}
		own, err := readRules(filepath.Join(c.dir, name))
		if err != nil {
			return nil, err
		}
		all = append(all, own...)
	}
	return all, nil
}

func readRules(name string) ([]rules.Rule, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("rule file %s: %w", name, pathless(err))
	}
	return rules.Parse(name, data)
}
