{{/* What the controller reads of the namespaces it watches, and the little it writes there. */}}
{{- define "hawser.watchRules" -}}
- apiGroups: [""]
  resources: [configmaps, services, secrets]
  verbs: [get, list, watch]
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs: [get, list, watch]
- apiGroups: [networking.k8s.io]
  resources: [ingresses]
  verbs: [get, list, watch]
{{- if .Values.controller.updateStatus }}
- apiGroups: [networking.k8s.io]
  resources: [ingresses/status]
  verbs: [update, patch]
{{- end }}
{{ include "hawser.eventRules" . }}
{{- end -}}

{{- define "hawser.eventRules" -}}
- apiGroups: ["", events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end -}}

{{/* What belongs to no namespace. */}}
{{- define "hawser.clusterRules" -}}
{{- $c := .Values.controller -}}
- apiGroups: [networking.k8s.io]
  resources: [ingressclasses]
  verbs: [get, list, watch]
{{- if $c.scope.namespaceSelector }}
- apiGroups: [""]
  resources: [namespaces]
  verbs: [get, list, watch]
{{- end }}
{{- if include "hawser.readsNodes" . }}
- apiGroups: [""]
  resources: [nodes]
  verbs: [get, list, watch]
{{- end }}
{{- if eq (include "hawser.certificates" .) "self" }}
- apiGroups: [admissionregistration.k8s.io]
  resources: [validatingwebhookconfigurations]
  resourceNames: [{{ include "hawser.admission" . }}]
  verbs: [get, patch]
{{- end }}
{{- end -}}

{{- define "hawser.readsNodes" -}}
{{- if .Values.controller.enableTopologyAwareRouting }}yes
{{- else if and .Values.controller.updateStatus (not (include "hawser.publishService" .)) (not (index .Values.controller.extraArgs "publish-status-address")) }}yes{{ end -}}
{{- end -}}

{{/* What the controller needs of the namespace it runs in. Nothing but `create` can't be bound to a name. */}}
{{- define "hawser.ownRules" -}}
- apiGroups: [""]
  resources: [configmaps, services]
  verbs: [get, list, watch]
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list, watch]
{{- if not .Values.controller.disableLeaderElection }}
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [create]
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  resourceNames: [{{ include "hawser.electionID" . }}]
  verbs: [get, update, patch]
{{- end }}
{{- if eq (include "hawser.certificates" .) "self" }}
- apiGroups: [""]
  resources: [secrets]
  verbs: [create]
- apiGroups: [""]
  resources: [secrets]
  resourceNames: [{{ include "hawser.admission" . }}]
  verbs: [get, update, patch]
{{- end }}
{{- if .Values.dhParam }}
- apiGroups: [""]
  resources: [secrets]
  resourceNames: [{{ include "hawser.controller" . }}]
  verbs: [get, list, watch]
{{- end }}
{{ include "hawser.eventRules" . }}
{{- end -}}

{{- define "hawser.subjects" -}}
- kind: ServiceAccount
  name: {{ include "hawser.serviceAccount" . }}
  namespace: {{ .Release.Namespace }}
{{- end -}}
