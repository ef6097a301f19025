package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A component is a module of others that a binary holds, or Go's own library.
type component struct {
	path, version, sum string   // sum as go.sum has it, empty for Go's own
	licence            string   // an SPDX expression
	texts              []string // of its licences and notices, each once
}

// goLibrary is the path that vulnerability databases know Go's own library by.
const goLibrary = "stdlib"

// components returns what is in a binary, as the binary itself says, in its order, with
// the licences that lie beside the packages that were compiled.
func (r *release) components(ctx context.Context, b *binary) ([]component, error) {
	files, err := r.licenceFiles(ctx, b.target)
	if err != nil {
		return nil, err
	}
	parts := []component{{path: goLibrary, version: strings.TrimPrefix(b.info.GoVersion, "go")}}
	for _, m := range b.info.Deps {
		if m.Replace != nil {
			return nil, fmt.Errorf("%s is replaced: a release is built from what everyone can get", m.Path)
		}
		parts = append(parts, component{path: m.Path, version: m.Version, sum: m.Sum})
	}
	for i := range parts {
		if err := parts[i].read(files[parts[i].path]); err != nil {
			return nil, fmt.Errorf("%s: %w", parts[i].path, err)
		}
	}
	return parts, nil
}

func (c *component) read(files []string) error {
	var ids []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		plain := strings.TrimSpace(strings.ReplaceAll(string(text), "\r\n", "\n")) + "\n"
		if !slices.Contains(c.texts, plain) {
			c.texts = append(c.texts, plain)
		}
		if !isLicence(filepath.Base(file)) {
			continue
		}
		found := licencesOf(plain)
		if len(found) == 0 {
			return fmt.Errorf("no licence that is known here is in %s", file)
		}
		ids = append(ids, found...)
	}
	if len(ids) == 0 {
		return errors.New("it has no licence")
	}
	slices.Sort(ids)
	c.licence = strings.Join(slices.Compact(ids), " AND ")
	return nil
}

// A compiledPackage is what go list says of a package.
type compiledPackage struct {
	Dir      string
	Standard bool
	Module   *struct {
		Path, Dir string
		Main      bool
	}
}

// licenceFiles finds the licences and notices of each module: those in the folders of
// the packages that are compiled, and above them.
func (r *release) licenceFiles(ctx context.Context, t target) (map[string][]string, error) {
	out, err := goCommand(ctx, r.root, t.environment(), "list", "-deps", "-json=Dir,Standard,Module", "./cmd/assay")
	if err != nil {
		return nil, err
	}
	folders := map[string]map[string]bool{}
	add := func(module, top, dir string) {
		if folders[module] == nil {
			folders[module] = map[string]bool{}
		}
		for ; strings.HasPrefix(dir, top); dir = filepath.Dir(dir) {
			folders[module][dir] = true
		}
	}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p compiledPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		if p.Module != nil && !p.Module.Main {
			add(p.Module.Path, p.Module.Dir, p.Dir)
		}
	}
	if out, err = goCommand(ctx, r.root, t.environment(), "env", "GOROOT"); err != nil {
		return nil, err
	}
	goroot := strings.TrimSpace(string(out))
	add(goLibrary, goroot, goroot)
	files := map[string][]string{}
	for module, in := range folders {
		for _, dir := range slices.Sorted(maps.Keys(in)) {
			entries, err := os.ReadDir(dir)
			if err != nil {
				return nil, err
			}
			for _, e := range entries {
				if e.Type().IsRegular() && (isLicence(e.Name()) || isNotice(e.Name())) {
					files[module] = append(files[module], filepath.Join(dir, e.Name()))
				}
			}
		}
	}
	return files, nil
}

var (
	licenceName = regexp.MustCompile(`(?i)^(licen[cs]e|copying|unlicense)([-_.][a-z0-9-]+)?(\.(txt|md))?$`)
	noticeName  = regexp.MustCompile(`(?i)^(notice|patents|authors)(\.(txt|md))?$`)
)

// isLicence says whether a file is a licence by its name, and no source.
func isLicence(name string) bool {
	return licenceName.MatchString(name) && !strings.HasSuffix(name, ".go")
}

func isNotice(name string) bool { return noticeName.MatchString(name) }

// licencesOf names the licences of a text, by a sentence that only they have. It knows
// those that the policy of this project lets in, and no other.
func licencesOf(text string) (ids []string) {
	words := strings.Join(strings.Fields(text), " ")
	for _, l := range []struct{ id, sentence, not string }{
		{"Apache-2.0", "Apache License Version 2.0, January 2004", ""},
		{"Apache-2.0", "Licensed under the Apache License, Version 2.0", "Apache License Version 2.0, January 2004"},
		{"BSD-2-Clause", "Redistribution and use in source and binary forms", "used to endorse or promote products"},
		{"BSD-3-Clause", "used to endorse or promote products", ""},
		{"MIT", "Permission is hereby granted, free of charge, to any person obtaining a copy", ""},
		{"Unlicense", "This is free and unencumbered software released into the public domain", ""},
	} {
		if strings.Contains(words, l.sentence) && (l.not == "" || !strings.Contains(words, l.not)) {
			ids = append(ids, l.id)
		}
	}
	return ids
}

// licenceFile lists all components, and each text once with those that it is of.
func licenceFile(parts []component) []byte {
	var b bytes.Buffer
	b.WriteString("assay holds the work of others. What each part is, and under which licence:\n\n")
	var texts []string
	of := map[string][]string{}
	for _, c := range parts {
		fmt.Fprintf(&b, "  %s %s: %s\n", c.path, c.version, c.licence)
		for _, text := range c.texts {
			if of[text] == nil {
				texts = append(texts, text)
			}
			of[text] = append(of[text], c.path)
		}
	}
	for _, text := range texts {
		fmt.Fprintf(&b, "\n%s\n%s\n\n%s", strings.Repeat("=", 80), strings.Join(of[text], "\n"), text)
	}
	return b.Bytes()
}
