{{/* What can't work together, or would be dropped without a word, is refused before anything is installed. */}}
{{- define "hawser.checks" -}}
{{- $c := .Values.controller -}}
{{- if .Values.udp -}}
{{- fail "udp: HAProxy forwards no UDP; expose these ports by a Service of their own" -}}
{{- end -}}
{{- if and $c.scope.enabled $c.scope.namespaceSelector -}}
{{- fail "controller.scope: `enabled` watches one namespace, `namespaceSelector` those with labels; choose one" -}}
{{- end -}}
{{- if and .Values.rbac.scope (not $c.scope.enabled) -}}
{{- fail "rbac.scope: without cluster-wide rights only one namespace can be watched; set controller.scope.enabled" -}}
{{- end -}}
{{- if and .Values.rbac.scope (eq (include "hawser.certificates" .) "self") -}}
{{- fail "rbac.scope: Hawser can't put its CA into the webhook's configuration without cluster-wide rights; set controller.admissionWebhooks.certManager.enabled or existingSecret, or switch the webhook off" -}}
{{- end -}}
{{- if and .Values.rbac.scope $c.ingressClassResource.enabled -}}
{{- fail "rbac.scope: an IngressClass can't be read without cluster-wide rights; set controller.ingressClassResource.enabled=false, Ingresses are then chosen by the name controller.ingressClass alone" -}}
{{- end -}}
{{- if and .Values.rbac.scope $c.updateStatus (not (include "hawser.publishService" .)) (not (index $c.extraArgs "publish-status-address")) -}}
{{- fail "rbac.scope: addresses of nodes can't be read without cluster-wide rights; enable controller.publishService, or set updateStatus=false" -}}
{{- end -}}
{{- if and $c.admissionWebhooks.certManager.enabled $c.admissionWebhooks.existingSecret -}}
{{- fail "controller.admissionWebhooks: certManager.enabled and existingSecret exclude each other" -}}
{{- end -}}
{{- if and $c.admissionWebhooks.existingSecret (not $c.admissionWebhooks.caBundle) -}}
{{- fail "controller.admissionWebhooks: existingSecret needs caBundle, or the API server can't trust the webhook" -}}
{{- end -}}
{{- if and $c.autoscaling.enabled (eq $c.kind "DaemonSet") -}}
{{- fail "controller.autoscaling: a DaemonSet has one pod a node; set controller.kind=Deployment" -}}
{{- end -}}
{{- if and $c.disableLeaderElection (eq $c.kind "Deployment") (or $c.autoscaling.enabled (gt (int $c.replicaCount) 1)) -}}
{{- fail "controller.disableLeaderElection: several replicas would write status against each other; set replicaCount=1" -}}
{{- end -}}
{{- if and .Values.defaultBackend.enabled (not (or .Values.defaultBackend.image.image .Values.defaultBackend.image.repository)) -}}
{{- fail "defaultBackend: there is no default image; set defaultBackend.image.image or .repository" -}}
{{- end -}}
{{- if contains "wait-shutdown" (toJson $c.lifecycle) -}}
{{- fail "controller.lifecycle: /wait-shutdown is not in this image, and not needed: Hawser drains by itself; remove the hook" -}}
{{- end -}}
{{- if and (eq (int $c.containerPort.https) (int $c.admissionWebhooks.port)) $c.admissionWebhooks.enabled -}}
{{- fail "controller.containerPort.https and controller.admissionWebhooks.port are the same port" -}}
{{- end -}}
{{- if $c.scope.enabled -}}
{{- $readable := list "" .Release.Namespace (include "hawser.watchNamespace" .) -}}
{{- range $what, $where := dict
  "controller.configMapNamespace" $c.configMapNamespace
  "controller.tcp.configMapNamespace" $c.tcp.configMapNamespace
  "controller.publishService.pathOverride" (first (splitList "/" $c.publishService.pathOverride)) -}}
{{- if not (has $where $readable) -}}
{{- fail (printf "%s: namespace %s is neither the one watched nor the release's, and can't be read with controller.scope.enabled" $what $where) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $taken := list (int $c.containerPort.http) (int $c.containerPort.https) (int $c.healthCheckPort) (int $c.admissionWebhooks.port) -}}
{{- range $port, $target := .Values.tcp -}}
{{- if has (int $port) $taken -}}
{{- fail (printf "tcp: port %s is taken by the controller itself" $port) -}}
{{- end -}}
{{- end -}}
{{- end -}}
