package assess

import "github.com/hawser-ingress/hawser/internal/issue"

// Report is the assessment. Its JSON form is described by docs/assess.schema.json; Format grows with a change that a reader
// would have to know.
type Report struct {
	Format      int           `json:"format"`
	Version     string        `json:"version"`   // of Hawser
	Worst       Outcome       `json:"worst"`     // of everything below; never Foreign
	Totals      Totals        `json:"totals"`    //
	Ingresses   []Ingress     `json:"ingresses"` // the riskiest first
	Annotations []Annotation  `json:"annotations"`
	Classes     []Class       `json:"classes"`
	Controller  Controller    `json:"controller"`
	Other       []Finding     `json:"other"`     // about objects and files that are no Ingress and no setting
	Unchecked   []Unchecked   `json:"unchecked"` // what was assumed, because it was not among the objects
	Notes       []string      `json:"notes"`     // what else a reader has to know
	Objects     []ObjectCount `json:"objects"`   // what was read
}

// Format is the version of the JSON form.
const Format = 1

// Totals are figures of the fleet.
type Totals struct {
	Ingresses Count `json:"ingresses"`
	Hosts     Count `json:"hosts"`
	Routes    int   `json:"routes"`    // of the Ingresses that are not foreign
	Closed    int   `json:"closed"`    // of these, those that are closed
	Unchecked int   `json:"unchecked"` // Ingresses that name an object that was assumed
}

// Count is a number by outcome.
type Count struct {
	Total      int `json:"total"` // without Foreign
	Served     int `json:"served"`
	Ignored    int `json:"ignored"`
	Difference int `json:"difference"`
	Withheld   int `json:"withheld"`
	Foreign    int `json:"foreign"`
}

func (c *Count) add(o Outcome) {
	switch o {
	case Foreign:
		c.Foreign++
		return
	case Served:
		c.Served++
	case Ignored:
		c.Ignored++
	case Difference:
		c.Difference++
	case Withheld:
		c.Withheld++
	}
	c.Total++
}

// Of is the number of an outcome.
func (c Count) Of(o Outcome) int {
	return map[Outcome]int{Served: c.Served, Ignored: c.Ignored, Difference: c.Difference, Withheld: c.Withheld, Foreign: c.Foreign}[o]
}

// Answered are those that would be served, as they are or not quite.
func (c Count) Answered() int { return c.Total - c.Withheld }

// Ingress is one Ingress.
type Ingress struct {
	Namespace   string    `json:"namespace"`
	Name        string    `json:"name"`
	File        string    `json:"file,omitempty"`
	Line        int       `json:"line,omitempty"`
	Class       string    `json:"class"` // "" if it names none
	Outcome     Outcome   `json:"outcome"`
	Hosts       []string  `json:"hosts"`  // "*" is every other host
	Routes      int       `json:"routes"` // that it has
	Closed      int       `json:"closed"` // of these, those that are closed
	Annotations []string  `json:"annotations"`
	Findings    []Finding `json:"findings"`  // the riskiest first
	Unchecked   []string  `json:"unchecked"` // objects that were assumed, such as "Secret shop/tls"
}

// Finding is one thing that is not served as written.
type Finding struct {
	Outcome    Outcome        `json:"outcome"`
	Code       issue.Code     `json:"code"`
	Severity   issue.Severity `json:"severity"`
	Object     issue.Ref      `json:"object"`
	Field      string         `json:"field,omitempty"` // annotation, setting or path of a field
	Line       int            `json:"line,omitempty"`  // of the field, where that is known
	Guard      bool           `json:"guard"`           // the field protects something
	Same       bool           `json:"same"`            // ingress-nginx does the same
	Message    string         `json:"message"`         // the consequence
	Suggestion string         `json:"suggestion,omitempty"`
}

// Annotation counts a key over the Ingresses that are not foreign.
type Annotation struct {
	Key       string  `json:"key"`     // with its prefix
	Support   string  `json:"support"` // full, partial, none or unknown
	Guard     bool    `json:"guard"`
	Ingresses int     `json:"ingresses"` // that set it
	Findings  int     `json:"findings"`  // about it, over all Ingresses
	Worst     Outcome `json:"worst"`
}

// Class counts the Ingresses of one class.
type Class struct {
	Name       string `json:"name"` // "" for none
	Controller string `json:"controller,omitempty"`
	Ingresses  Count  `json:"ingresses"`
}

// Controller is what is known of the ingress-nginx that serves the fleet now.
type Controller struct {
	Workload  *issue.Ref `json:"workload,omitempty"`  // Deployment or DaemonSet, if it was found
	ConfigMap *issue.Ref `json:"configMap,omitempty"` // if one is named
	Flags     []Flag     `json:"flags"`               // of the workload
	Settings  []Setting  `json:"settings"`            // of the ConfigMap
	Findings  []Finding  `json:"findings"`            // about the ConfigMap; they hold for every Ingress
}

// Flag is an argument of the controller.
type Flag struct {
	Name    string  `json:"name"`
	Value   string  `json:"value"`
	Outcome Outcome `json:"outcome"`
	Message string  `json:"message,omitempty"`
}

// Setting is a key of the ConfigMap.
type Setting struct {
	Key     string  `json:"key"`
	Support string  `json:"support"`
	Guard   bool    `json:"guard"`
	Outcome Outcome `json:"outcome"`
}

// Unchecked is an object that was not among what was read, and was taken for good.
type Unchecked struct {
	Kind        string   `json:"kind"`
	Namespace   string   `json:"namespace"`
	Name        string   `json:"name"`
	Ingresses   []string `json:"ingresses"` // that name it
	Consequence string   `json:"consequence"`
}

// ObjectCount is how many objects of a kind were read.
type ObjectCount struct {
	Kind  string `json:"kind"`
	Count int    `json:"count"`
}
