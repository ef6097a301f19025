package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/spf13/pflag"

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

	Salt          string      `toml:"salt"`
	ExtendBuiltin *bool       `toml:"extend-builtin"`
	Rules         rulesConfig `toml:"rules"`
	Scan          scanConfig  `toml:"scan"`
}

type rulesConfig struct {
	Files   []string `toml:"files"`
	Disable []string `toml:"disable"`
}

// scanConfig holds flags of assay scan under their own names.
type scanConfig struct {
	Exclude         []string `toml:"exclude"`
	Disable         []string `toml:"disable"`
	Only            []string `toml:"only"`
	NoHistory       *bool    `toml:"no-history"`
	HistoryOnly     *bool    `toml:"history-only"`
	MinConfidence   *string  `toml:"min-confidence"`
	NoInlineAllow   *bool    `toml:"no-inline-allow"`
	Workers         *int     `toml:"workers"`
	State           *string  `toml:"state"`
	Incremental     *bool    `toml:"incremental"`
	Format          *string  `toml:"format"`
	Report          []string `toml:"report"`
	Quiet           *bool    `toml:"quiet"`
	Color           *string  `toml:"color"`
	SARIFHistory    *string  `toml:"sarif-history"`
	FailOn          *string  `toml:"fail-on"`
	ExitCode        *int     `toml:"exit-code"`
	ExitZero        *bool    `toml:"exit-zero"`
	AllowIncomplete *bool    `toml:"allow-incomplete"`
}

// settle finds the configuration and gives every flag its value: from the
// command line, or else the environment, or else the configuration.
func (a *app) settle(fs *pflag.FlagSet, f *scanFlags, path string) (*config, error) {
	if err := a.fromEnvironment(fs); err != nil {
		return nil, err
	}
	c := &config{}
	if f.noConfig {
		return c, nil
	}
	found := f.config != ""
	name := f.config
	if !found {
		name, found = findConfig(path)
	}
	if !found {
		return c, nil
	}
	if err := c.read(name); err != nil {
		return nil, err
	}
	if f.config == "" && len(c.Scan.Report) > 0 {
		// A scanned tree must not say which files are written.
		return nil, withHint(fmt.Errorf("%s: report stands in a configuration that was found in the scanned folder", name), "name the file with --config %s if you trust it", name)
	}
	if f.config == "" && c.Scan.State != nil {
		// Nor may it say what was examined before, and found clean.
		return nil, withHint(fmt.Errorf("%s: state stands in a configuration that was found in the scanned folder", name), "name the file with --config %s if you trust it, or set incremental", name)
	}
	f.disable = append(f.disable, c.Rules.Disable...)
	return c, c.Scan.apply(fs, name)
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

// apply sets the flags that neither the command line nor the environment set.
func (s *scanConfig) apply(fs *pflag.FlagSet, name string) error {
	var errs []error
	set := func(flag string, values ...string) {
		if fs.Changed(flag) {
			return
		}
		for _, v := range values {
			if err := fs.Set(flag, v); err != nil {
				errs = append(errs, fmt.Errorf("%s: scan.%s: %w", name, flag, err))
			}
		}
	}
	set("exclude", s.Exclude...)
	set("disable", s.Disable...)
	set("only", s.Only...)
	set("report", s.Report...)
	setOne(set, "no-history", s.NoHistory)
	setOne(set, "history-only", s.HistoryOnly)
	setOne(set, "min-confidence", s.MinConfidence)
	setOne(set, "no-inline-allow", s.NoInlineAllow)
	setOne(set, "workers", s.Workers)
	setOne(set, "state", s.State)
	setOne(set, "incremental", s.Incremental)
	setOne(set, "format", s.Format)
	setOne(set, "quiet", s.Quiet)
	setOne(set, "color", s.Color)
	setOne(set, "sarif-history", s.SARIFHistory)
	setOne(set, "fail-on", s.FailOn)
	setOne(set, "exit-code", s.ExitCode)
	setOne(set, "exit-zero", s.ExitZero)
	setOne(set, "allow-incomplete", s.AllowIncomplete)
	return errors.Join(errs...)
}

func setOne[T any](set func(string, ...string), flag string, value *T) {
	if value != nil {
		set(flag, fmt.Sprint(*value))
	}
}

// salt returns what fingerprints are keyed with, nil for the public default.
func (c *config) salt(getenv func(string) string) []byte {
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
