package assess

import (
	"cmp"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/hawser-ingress/hawser/internal/issue"
)

// The parts of SARIF 2.1.0 that are written.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID    string    `json:"id"`
		Short sarifText `json:"shortDescription"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID       string            `json:"ruleId"`
		RuleIndex    int               `json:"ruleIndex"`
		Level        string            `json:"level"`
		Message      sarifText         `json:"message"`
		Locations    []sarifLocation   `json:"locations"`
		Fingerprints map[string]string `json:"partialFingerprints"`
		Properties   map[string]any    `json:"properties"`
	}
	sarifLocation struct {
		Physical *sarifPhysical `json:"physicalLocation,omitempty"`
		Logical  []sarifLogical `json:"logicalLocations,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine int `json:"startLine"`
	}
	sarifLogical struct {
		Name string `json:"name"`
		Full string `json:"fullyQualifiedName"`
		Kind string `json:"kind"`
	}
)

// WriteSARIF writes the findings for a code scanner: one rule per code, file and line where a manifest is known.
func WriteSARIF(w io.Writer, r *Report) error {
	rules, index := []sarifRule{}, map[issue.Code]int{}
	for n, doc := range issue.Docs() {
		rules = append(rules, sarifRule{string(doc.Code), sarifText{doc.Meaning}})
		index[doc.Code] = n
	}
	results := []sarifResult{}
	add := func(f Finding) {
		if f.Outcome != Foreign {
			results = append(results, result(f, index[f.Code]))
		}
	}
	for _, i := range r.Ingresses {
		for _, f := range i.Findings {
			add(f)
		}
	}
	for _, f := range r.Controller.Findings {
		add(f)
	}
	for _, f := range r.Other {
		add(f)
	}
	return writeJSON(w, sarifLog{
		Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0",
		Runs: []sarifRun{{Tool: sarifTool{sarifDriver{"hawser", r.Version, rules}}, ColumnKind: "unicodeCodePoints", Results: results}},
	})
}

func result(f Finding, rule int) sarifResult {
	message := sentence(f)
	if f.Field != "" {
		message = issue.Printable(f.Field) + ": " + message
	}
	if f.Suggestion != "" {
		message += " Write instead: " + issue.Printable(strings.TrimRight(f.Suggestion, "\n"))
	}
	var location sarifLocation
	if f.Object.Kind != "" {
		location.Logical = []sarifLogical{{Name: f.Object.Name, Full: f.Object.String(), Kind: "object"}}
	}
	if file := f.Object.File; file != "" && file != "<stdin>" {
		location.Physical = &sarifPhysical{Artifact: sarifArtifact{uri(file)}}
		if line := cmp.Or(f.Line, f.Object.Line); line > 0 {
			location.Physical.Region = &sarifRegion{line}
		}
	}
	return sarifResult{
		RuleID: string(f.Code), RuleIndex: rule, Level: level(f), Message: sarifText{literal(message)},
		Locations:    []sarifLocation{location},
		Fingerprints: map[string]string{"object/v1": fmt.Sprintf("%s %s %s", f.Code, f.Object.String(), f.Field)},
		Properties:   map[string]any{"outcome": f.Outcome, "guard": f.Guard, "sameInIngressNginx": f.Same},
	}
}

// level follows what traffic sees.
func level(f Finding) string {
	switch f.Outcome {
	case Withheld:
		return "error"
	case Difference, Ignored:
		return "warning"
	default:
		return "note"
	}
}

// literal keeps a viewer from reading a message as more than text: SARIF has links in brackets and placeholders in braces.
func literal(s string) string {
	return strings.NewReplacer(`\`, `\\`, `[`, `\[`, `]`, `\]`, `{`, `{{`, `}`, `}}`).Replace(s)
}

// uri is a path as a reference: relative ones stay relative, so that a scanner finds them in the repository.
func uri(path string) string {
	u := url.URL{Path: filepath.ToSlash(path)}
	if filepath.IsAbs(path) {
		u.Scheme = "file"
	}
	return u.String()
}
