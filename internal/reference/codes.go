package reference

import (
	"slices"
	"strconv"

	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

func issues() []byte {
	var d document
	d.paragraph("# Issues")
	d.paragraph(generated)
	d.paragraph("Every command prints issues in one form: severity, object with its file and line, code, field, what is wrong, " +
		"what happens to traffic, and what to write instead. `-o json` prints the same as a list of objects.")
	d.paragraph("The **effect** says what traffic sees: `none` (served as written), `approximated` (served with a documented difference), " +
		"`ignored` (served without the setting), `withheld` (not served: the route or host is closed).")
	var rows [][]string
	for _, doc := range issue.Docs() {
		rows = append(rows, []string{code(string(doc.Code)), plain(doc.Meaning)})
	}
	d.table([]string{"code", "meaning"}, rows)
	return d.markdown()
}

func verifyCodes() []byte {
	var d document
	d.paragraph("# Verification errors of client certificates")
	d.paragraph(generated)
	d.paragraph("The results of OpenSSL's certificate verification. The text stands in the header `ssl-client-verify: FAILED:text` " +
		"that a backend gets with a certificate that is let through.")
	d.paragraph("`auth-tls-verify-client: optional_no_ca` lets through the errors that are marked: nobody vouches for the certificate. " +
		"Any other error is answered with 400, as in ingress-nginx.")
	d.paragraph("The ConfigMap key `client-crt-ignore-err` takes a list of errors, separated by commas. An error is written as its number, " +
		"its name (with or without `X509_V_ERR_`, in upper or lower case), or its text. These are the same:")
	d.paragraph("```yaml\nclient-crt-ignore-err: \"10,20\"\n" +
		"client-crt-ignore-err: \"CERT_HAS_EXPIRED, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY\"\n" +
		"client-crt-ignore-err: \"certificate has expired, unable to get local issuer certificate\"\n```")
	d.paragraph("A word that is none of them closes every host that the policy is for; it is not ignored.")
	var rows [][]string
	for _, e := range model.VerifyErrors() {
		mark := ""
		if slices.Contains(model.UnknownAuthority(), e.Code) {
			mark = "let through"
		}
		rows = append(rows, []string{strconv.Itoa(int(e.Code)), code(e.Name), plain(e.Text), mark})
	}
	d.table([]string{"number", "name", "text", "optional_no_ca"}, rows)
	return d.markdown()
}
