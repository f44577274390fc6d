package takeover

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// State is what a takeover did, kept in the cluster until it is undone.
type State struct {
	Version   int      `json:"version"`
	From      string   `json:"from"`
	To        string   `json:"to"`
	Traffic   Traffic  `json:"traffic"`
	Service   string   `json:"service,omitempty"` // in front of ingress-nginx
	Addressed int      `json:"addressed"`         // how many Ingresses had an address when it began
	Records   []Record `json:"records"`

	stored *corev1.ConfigMap // as it was read or written last; nil: not yet
}

// Record is a step that was begun.
type Record struct {
	Step string   `json:"step"`
	Done bool     `json:"done"`
	Undo []Change `json:"undo"`
	Back []Check  `json:"back"`
}

const (
	stateName    = "hawser-takeover"
	stateKey     = "state.json"
	stateLabel   = "hawser/takeover"
	stateVersion = 1
)

func (s *State) record(step string) *Record {
	if s == nil {
		return nil
	}
	for i := range s.Records {
		if s.Records[i].Step == step {
			return &s.Records[i]
		}
	}
	return nil
}

// has reports whether a step was begun.
func (s *State) has(step string) bool { return s.record(step) != nil }

// begun reports whether a step was begun and did not end.
func (s *State) begun(step string) bool {
	r := s.record(step)
	return r != nil && !r.Done
}

// LoadState finds what a takeover left, in a namespace or, if it is empty, in all; nil if there is none.
func LoadState(ctx context.Context, k kubernetes.Interface, namespace string) (*State, error) {
	list, err := k.CoreV1().ConfigMaps(namespace).List(ctx, metav1.ListOptions{LabelSelector: stateLabel + "=state"})
	if err != nil {
		return nil, fmt.Errorf("look for what a takeover left: %w", err)
	}
	if len(list.Items) > 1 {
		var names []string
		for _, c := range list.Items {
			names = append(names, c.Namespace+"/"+c.Name)
		}
		return nil, fmt.Errorf("there are several takeovers, in the ConfigMaps %s: say which with --to", strings.Join(names, ", "))
	}
	if len(list.Items) == 0 {
		return nil, nil
	}
	return parseState(&list.Items[0])
}

// parseState refuses what this program did not write: it will be done to the cluster.
func parseState(c *corev1.ConfigMap) (*State, error) {
	s := &State{}
	bad := func(why string) (*State, error) {
		return nil, fmt.Errorf("ConfigMap %s/%s is no takeover of this version: %s", c.Namespace, c.Name, why)
	}
	if err := json.Unmarshal([]byte(c.Data[stateKey]), s); err != nil {
		return bad(err.Error())
	}
	if s.Version != stateVersion || s.Traffic != ByService && s.Traffic != ByAddress {
		return bad(fmt.Sprintf("version %d, traffic %q", s.Version, s.Traffic))
	}
	if s.Traffic == ByService && s.Service == "" {
		return bad("it names no Service")
	}
	for _, r := range s.Records {
		if !slices.Contains(Steps(), r.Step) {
			return bad(fmt.Sprintf("there is no step %q", r.Step))
		}
		for _, change := range r.Undo {
			if _, err := change.path(); err != nil {
				return bad(err.Error())
			}
		}
	}
	s.stored = c
	return s, nil
}

// save writes the state; it fails if somebody else wrote it meanwhile.
func (s *State) save(ctx context.Context, k kubernetes.Interface) error {
	namespace, _, _ := strings.Cut(s.To, "/")
	data := map[string]string{stateKey: string(encode(s))}
	var err error
	if s.stored == nil {
		s.stored, err = k.CoreV1().ConfigMaps(namespace).Create(ctx, &corev1.ConfigMap{
			ObjectMeta: metav1.ObjectMeta{Name: stateName, Namespace: namespace, Labels: map[string]string{stateLabel: "state"}}, Data: data,
		}, metav1.CreateOptions{})
	} else {
		next := s.stored.DeepCopy()
		next.Data = data
		if next, err = k.CoreV1().ConfigMaps(namespace).Update(ctx, next, metav1.UpdateOptions{}); err == nil {
			s.stored = next
		}
	}
	if apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("somebody else works on the same takeover: %w", err)
	}
	if err != nil {
		return fmt.Errorf("write down what undoes the next step: %w", err)
	}
	return nil
}

func (s *State) remove(ctx context.Context, k kubernetes.Interface) error {
	if s.stored == nil {
		return nil
	}
	err := k.CoreV1().ConfigMaps(s.stored.Namespace).Delete(ctx, s.stored.Name, metav1.DeleteOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("remove what the takeover left: %w", err)
	}
	return nil
}
