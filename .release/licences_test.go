package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLicencesOf(t *testing.T) {
	for text, want := range map[string]string{
		"   Apache License\n Version 2.0, January 2004\n ...\n Licensed under the Apache License, Version 2.0 (the": "Apache-2.0",
		"Copyright\nLicensed under the Apache License, Version 2.0 (the \"License\");":                              "Apache-2.0",
		"Redistribution and use in source and binary forms, with or":                                                "BSD-2-Clause",
		"Redistribution and use in source and binary\nforms ... may be used to endorse or\npromote products":        "BSD-3-Clause",
		"Permission is hereby granted, free of charge, to any person\nobtaining a copy":                             "MIT",
		"This is free and unencumbered software released into the public domain.":                                   "Unlicense",
		"GNU GENERAL PUBLIC LICENSE": "",
	} {
		if got := strings.Join(licencesOf(text), " "); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestLicenceNames(t *testing.T) {
	for name, want := range map[string]bool{
		"LICENSE": true, "LICENSE.txt": true, "License.md": true, "COPYING": true, "LICENSE-APACHE": true, "UNLICENSE": true, "LICENCE.MIT": true,
		"license.go": false, "licenses_test.go": false, "NOTICE": false, "relicense.txt": false, "README": false,
	} {
		if isLicence(name) != want {
			t.Errorf("%s is a licence: %v", name, !want)
		}
	}
}

// A module without a licence, or with one that nobody has judged, stops a release.
func TestUnknownLicence(t *testing.T) {
	c := component{path: "example.org/x"}
	if err := c.read(nil); err == nil {
		t.Error("no licence passes")
	}
	file := filepath.Join(t.TempDir(), "LICENSE")
	if err := os.WriteFile(file, []byte("Do as you are told.\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := c.read([]string{file}); err == nil || !strings.Contains(err.Error(), "no licence that is known here") {
		t.Error(err)
	}
}
