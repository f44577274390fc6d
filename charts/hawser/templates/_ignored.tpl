{{/* Values of ingress-nginx's chart that are accepted, so that a values file moves over, and do nothing. Each line says
why; the schema names the same ones. */}}
{{- define "hawser.ignored" -}}
{{- $reasons := dict
  "controller.admissionWebhooks.certificate" "the paths of the certificate are fixed"
  "controller.admissionWebhooks.key" "the paths of the certificate are fixed"
  "controller.admissionWebhooks.createSecretJob" "no job makes the certificate"
  "controller.admissionWebhooks.patchWebhookJob" "no job makes the certificate"
  "controller.admissionWebhooks.patch" "no job makes the certificate"
  "controller.enableMimalloc" "the allocator is HAProxy's own"
  "controller.maxmindLicenseKey" "there is no GeoIP database"
  "controller.extraModules" "HAProxy has no modules to load"
  "controller.opentelemetry" "spans are not exported"
  "controller.healthCheckPath" "health is at /healthz, readiness at /readyz"
  "controller.udp" "no UDP is forwarded"
  "controller.keda" "bring a ScaledObject of your own for the Deployment"
  "controller.customTemplate" "there is no nginx template" -}}
{{- range $path, $reason := $reasons }}
{{- $value := $.Values }}
{{- range $part := splitList "." $path }}{{ $value = kindIs "map" $value | ternary (index (default (dict) $value) $part) nil }}{{ end }}
{{- if $value }}
  {{ $path }}: {{ $reason }}
{{- end }}
{{- end }}
{{- end -}}
