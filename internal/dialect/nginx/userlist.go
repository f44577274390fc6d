package nginx

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/htpasswd"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

// loadUsers reads the Secret of auth-secret; nil closes the routes, with the reason.
func loadUsers(p *dialect.Pass, name dialect.Object, kind string) *model.UserList {
	name.Namespace = cmp.Or(name.Namespace, p.Namespace)
	across, _ := allowCrossNamespace.Get(p)
	secret := p.Snapshot.Secret(name.Namespace, name.Name)
	closed := func(code issue.Code, problem, suggestion string) *model.UserList {
		p.Report(issue.Issue{
			Code: code, Severity: issue.Error, Effect: issue.Withheld, Field: p.Field(authSecret.Key),
			Message: fmt.Sprintf("The routes of the Ingress are closed with 503: %s.", problem), Suggestion: suggestion,
		})
		p.Withhold(problem)
		return nil
	}
	switch {
	case name.Name == "":
		return closed(issue.UsersMissing, "auth-type needs a Secret with users", p.Field(authSecret.Key)+": the name of a Secret")
	case name.Namespace != p.Namespace && !across:
		return closed(issue.UsersMissing, fmt.Sprintf("the Secret %s is in another namespace", name),
			fmt.Sprintf("a Secret in the namespace %s, or the setting %s: \"true\"", p.Namespace, allowCrossNamespace.Key))
	case secret == nil:
		return closed(issue.UsersMissing, fmt.Sprintf("there is no Secret %s", name), "a Secret with the key auth")
	}
	users, odd := fromMap(secret.Data)
	if kind == authFile {
		file, ok := secret.Data["auth"]
		if !ok {
			return closed(issue.UsersBroken, fmt.Sprintf("the Secret %s has no key auth", name), "a file of htpasswd in the key auth")
		}
		users, odd = fromFile(file)
	}
	if len(odd) > 0 {
		p.Report(issue.Issue{
			Code: issue.UsersBroken, Severity: issue.Warning, Effect: issue.Withheld, Field: p.Field(authSecret.Key),
			Message:    fmt.Sprintf("Users of the Secret %s whose hash can't be checked are refused: %s.", name, strings.Join(odd, ", ")),
			Suggestion: "htpasswd -B",
		})
	}
	return model.NewUserList(fmt.Sprintf("%s:%s", name, kind), users)
}

func fromFile(data []byte) (users []model.User, odd []string) {
	users, lines := htpasswd.Parse(data)
	for _, n := range lines {
		odd = append(odd, fmt.Sprintf("line %d", n))
	}
	return users, odd
}

func fromMap(data map[string][]byte) (users []model.User, odd []string) {
	for _, name := range slices.Sorted(maps.Keys(data)) {
		hash := htpasswd.Field(string(data[name]))
		if !htpasswd.Known(hash) {
			odd = append(odd, "key "+name)
		}
		users = append(users, model.User{Name: name, Hash: hash})
	}
	return users, odd
}
