{{- define "hawser.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* The release's name alone when it says "hawser" already. 42 characters leave room for what is put behind it. */}}
{{- define "hawser.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 42 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 42 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 42 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "hawser.controller" -}}
{{ include "hawser.fullname" . }}-{{ .Values.controller.name }}
{{- end -}}

{{- define "hawser.defaultBackend" -}}
{{ include "hawser.fullname" . }}-{{ .Values.defaultBackend.name }}
{{- end -}}

{{- define "hawser.admission" -}}
{{ include "hawser.controller" . }}-admission
{{- end -}}

{{- define "hawser.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "hawser.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "hawser.electionID" -}}
{{- default (printf "%s-leader" (include "hawser.fullname" .)) .Values.controller.electionID -}}
{{- end -}}

{{- define "hawser.selector" -}}
app.kubernetes.io/name: {{ include "hawser.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "hawser.controllerSelector" -}}
{{ include "hawser.selector" . }}
app.kubernetes.io/component: controller
{{- end -}}

{{- define "hawser.defaultBackendSelector" -}}
{{ include "hawser.selector" . }}
app.kubernetes.io/component: default-backend
{{- end -}}

{{- define "hawser.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: {{ include "hawser.name" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "hawser.controllerLabels" -}}
{{ include "hawser.controllerSelector" . }}
{{ include "hawser.labels" . }}
{{- with .Values.controller.labels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "hawser.defaultBackendLabels" -}}
{{ include "hawser.defaultBackendSelector" . }}
{{ include "hawser.labels" . }}
{{- end -}}

{{/* Whole image name of an image value; the second element is the tag to fall back on. */}}
{{- define "hawser.image" -}}
{{- $image := index . 0 -}}
{{- $name := $image.repository -}}
{{- if not $name -}}
{{- $name = $image.image -}}
{{- with $image.registry }}{{ $name = printf "%s/%s" . $name }}{{ end -}}
{{- end -}}
{{- if $image.digest -}}
{{ $name }}@{{ $image.digest }}
{{- else -}}
{{ $name }}:{{ default (index . 1) $image.tag }}
{{- end -}}
{{- end -}}

{{/* A setting as the string the ConfigMap holds. Helm reads every number of a file as a float, and would write
10485760 as 1.048576e+07. */}}
{{- define "hawser.setting" -}}
{{- $value := index . 0 -}}
{{- if kindIs "float64" $value -}}
{{- if eq $value (floor $value) }}{{ printf "%.0f" $value }}{{ else }}{{ $value }}{{ end -}}
{{- else if kindIs "string" $value -}}
{{- tpl $value (index . 1) -}}
{{- else -}}
{{- toString $value -}}
{{- end -}}
{{- end -}}

{{/* "yes" when a port below 1024 is bound inside the pod. */}}
{{- define "hawser.lowPorts" -}}
{{- $low := or (lt (int .Values.controller.containerPort.http) 1024) (lt (int .Values.controller.containerPort.https) 1024) -}}
{{- range $port, $ := .Values.tcp }}{{ if lt (int $port) 1024 }}{{ $low = true }}{{ end }}{{ end -}}
{{- if $low }}yes{{ end -}}
{{- end -}}

{{- define "hawser.watchNamespace" -}}
{{- default .Release.Namespace .Values.controller.scope.namespace -}}
{{- end -}}

{{- define "hawser.configMapNamespace" -}}
{{- default .Release.Namespace .Values.controller.configMapNamespace -}}
{{- end -}}

{{/* "yes" when the traffic Service for clients outside exists, and the same for the one for clients inside. */}}
{{- define "hawser.hasExternal" -}}
{{- if and .Values.controller.service.enabled .Values.controller.service.external.enabled }}yes{{ end -}}
{{- end -}}
{{- define "hawser.hasInternal" -}}
{{- if and .Values.controller.service.enabled .Values.controller.service.internal.enabled }}yes{{ end -}}
{{- end -}}

{{/* namespace/name of the Service whose addresses go into status; empty when there is none. */}}
{{- define "hawser.publishService" -}}
{{- $publish := .Values.controller.publishService -}}
{{- if $publish.enabled -}}
{{- if $publish.pathOverride -}}
{{ $publish.pathOverride }}
{{- else if include "hawser.hasExternal" . -}}
{{ .Release.Namespace }}/{{ include "hawser.controller" . }}
{{- else if include "hawser.hasInternal" . -}}
{{ .Release.Namespace }}/{{ include "hawser.controller" . }}-internal
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Who makes the webhook's certificate: "self", "cert-manager" or "user"; empty without a webhook. */}}
{{- define "hawser.certificates" -}}
{{- $webhook := .Values.controller.admissionWebhooks -}}
{{- if $webhook.enabled -}}
{{- if $webhook.certManager.enabled }}cert-manager{{ else if $webhook.existingSecret }}user{{ else }}self{{ end -}}
{{- end -}}
{{- end -}}
