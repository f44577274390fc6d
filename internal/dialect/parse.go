package dialect

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ParseBool accepts what ingress-nginx accepts: strconv.ParseBool.
func ParseBool(s string) (bool, error) {
	b, err := strconv.ParseBool(s)
	if err != nil {
		return false, fmt.Errorf("%q is neither true nor false", s)
	}
	return b, nil
}

// ParseInt accepts a decimal integer.
func ParseInt(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0, fmt.Errorf("%q is no integer", s)
	}
	return n, nil
}

// ParseSeconds accepts a number of seconds without a unit.
func ParseSeconds(s string) (time.Duration, error) {
	n, err := ParseInt(s)
	if err != nil {
		return 0, fmt.Errorf("%q is no number of seconds (without a unit)", s)
	}
	if n < 0 || n > math.MaxInt32/1000 {
		return 0, fmt.Errorf("%d seconds is out of range", n)
	}
	return time.Duration(n) * time.Second, nil
}

// OneOf accepts the given words only.
func OneOf(words ...string) func(string) (string, error) {
	return func(s string) (string, error) {
		if slices.Contains(words, s) {
			return s, nil
		}
		return "", fmt.Errorf("%q is none of %s", s, strings.Join(words, ", "))
	}
}

// ParseObject accepts "namespace/name".
func ParseObject(s string) (Object, error) {
	namespace, name, ok := strings.Cut(s, "/")
	if !ok || namespace == "" || name == "" || strings.Contains(name, "/") {
		return Object{}, fmt.Errorf("%q is not namespace/name", s)
	}
	for _, c := range []byte(s) {
		if !(c == '/' || c == '-' || c == '.' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z') {
			return Object{}, errors.New("it has characters that no name of an object has")
		}
	}
	return Object{namespace, name}, nil
}

// Object is a reference to a Secret or ConfigMap.
type Object struct{ Namespace, Name string }

// String gives "namespace/name".
func (o Object) String() string { return o.Namespace + "/" + o.Name }
