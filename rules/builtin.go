package rules

//go:generate go run builtin_make.go

// Builtin returns the rules that assay brings along, sorted by id. Their source
// is the files under builtin; builtin_table.go holds the same as Go data, which
// the linker lays out, because parsing it would take longer than a commit hook
// may. All callers share the slice: clone it before changing anything.
func Builtin() []Rule { return builtin[:len(builtin):len(builtin)] }
