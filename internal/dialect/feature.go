// Package dialect is how the annotations and settings of a controller are declared, read and documented.
//
// A Feature is the single declaration of a behaviour: the compiler runs it, the reference, the report and the webhook
// print it. A known key that can't be served is declared too, so "unknown" means a typing error and nothing is
// dropped silently.
package dialect

import "github.com/hawser-ingress/hawser/internal/model"

// Feature is one behaviour with the keys it owns. A hook is nil where the feature has nothing to say; hooks run in the
// order of the feature list, and never for a key that is not set.
type Feature struct {
	Name, Title, Doc string
	Keys             []Spec
	Admit            func(*Pass, *Registry) // once for each Ingress, before anything of it is read
	Global           func(*Pass, *model.Global)
	Host             func(*Pass, *model.Host)  // once for each Ingress of the host, the oldest first
	Route            func(*Pass, *model.Route) // after all Host hooks
	Backend          func(*Pass, *model.Backend)
}

// Support is how much of a key is served.
type Support int

const (
	None    Support = iota // known, not served
	Partial                // served with a difference that Instead describes
	Full
)

// String gives the word of the reference.
func (s Support) String() string { return [...]string{"none", "partial", "full"}[s] }

// Scope says where a key may stand.
type Scope int

const (
	Annotation Scope = iota
	Setting          // the controller's ConfigMap
	Both             // an annotation whose default is the ConfigMap key of the same name
)

// Risk is the level that ingress-nginx gives to an annotation.
type Risk int

const (
	RiskLow Risk = iota
	RiskMedium
	RiskHigh
	RiskCritical
)

// String gives ingress-nginx's word.
func (r Risk) String() string { return [...]string{"Low", "Medium", "High", "Critical"}[r] }

// Description documents a key.
type Description struct {
	Key     string // without prefix
	Values  string // what may be written
	Default string
	Doc     string
	Aliases []string // older names
	Scope   Scope
	Support Support
	Instead string // Partial: the difference and its consequence; None: what to use
	Risk    Risk
	Guard   bool // it protects a route: when it can't be honoured, the route is withheld
}

// Spec is a declared key.
type Spec interface{ Describe() Description }

// Unserved is a key that is known and can't be served.
type Unserved Description

// Describe gives the description with Support None.
func (u Unserved) Describe() Description {
	d := Description(u)
	d.Support = None
	return d
}
