{{/* The arguments of `hawser run`, in one order. */}}
{{- define "hawser.args" -}}
{{- $c := .Values.controller -}}
- run
- --configmap={{ default "$(POD_NAMESPACE)" $c.configMapNamespace }}/{{ include "hawser.controller" . }}
- --controller-class={{ $c.ingressClassResource.controllerValue }}
- --ingress-class={{ $c.ingressClass }}
{{- if $c.ingressClassByName }}
- --ingress-class-by-name=true
{{- end }}
{{- if $c.watchIngressWithoutClass }}
- --watch-ingress-without-class=true
{{- end }}
{{- if $c.scope.enabled }}
- --watch-namespace={{ include "hawser.watchNamespace" . }}
{{- else if $c.scope.namespaceSelector }}
- --watch-namespace-selector={{ $c.scope.namespaceSelector }}
{{- end }}
- --http-port={{ $c.containerPort.http }}
- --https-port={{ $c.containerPort.https }}
{{- if .Values.tcp }}
- --tcp-services-configmap={{ default "$(POD_NAMESPACE)" $c.tcp.configMapNamespace }}/{{ include "hawser.fullname" . }}-tcp
{{- end }}
{{- if .Values.defaultBackend.enabled }}
- --default-backend-service=$(POD_NAMESPACE)/{{ include "hawser.defaultBackend" . }}
{{- end }}
- --state-dir=/var/lib/hawser
- --admin-address={{ $c.healthCheckHost }}:{{ $c.healthCheckPort }}
{{- with $c.metrics.compat }}
- --metrics-compat={{ . }}
{{- end }}
- --update-status={{ $c.updateStatus }}
{{- with include "hawser.publishService" . }}
- --publish-service={{ . }}
{{- end }}
{{- if $c.reportNodeInternalIp }}
- --report-node-internal-ip-address=true
{{- end }}
{{- if $c.disableLeaderElection }}
- --disable-leader-election=true
{{- else }}
- --election-id={{ include "hawser.electionID" . }}
{{- end }}
{{- if not $c.enableAnnotationValidations }}
- --enable-annotation-validation=false
{{- end }}
{{- with include "hawser.webhookArgs" . }}
{{ . }}
{{- end }}
{{- if $c.enableTopologyAwareRouting }}
- --enable-topology-aware-routing=true
{{- end }}
- --shutdown-grace-period={{ $c.shutdownGracePeriodSeconds }}
- --drain-time={{ max 1 (sub (int $c.terminationGracePeriodSeconds) (add (int $c.shutdownGracePeriodSeconds) 10)) }}s
{{- range $name, $value := $c.extraArgs }}
- --{{ $name }}{{ if not (kindIs "invalid" $value) }}={{ include "hawser.setting" (list $value $) }}{{ end }}
{{- end }}
{{- end -}}

{{- define "hawser.webhookArgs" -}}
{{- $w := .Values.controller.admissionWebhooks -}}
{{- if $w.enabled -}}
- --validating-webhook=:{{ $w.port }}
{{- if eq (include "hawser.certificates" .) "self" }}
- --validating-webhook-secret=$(POD_NAMESPACE)/{{ include "hawser.admission" . }}
- --validating-webhook-service=$(POD_NAMESPACE)/{{ include "hawser.admission" . }}
- --validating-webhook-configuration={{ include "hawser.admission" . }}
{{- else }}
- --validating-webhook-certificate=/etc/hawser/webhook/tls.crt
- --validating-webhook-key=/etc/hawser/webhook/tls.key
{{- end }}
{{- if $w.warnOnly }}
- --validating-webhook-warn-only=true
{{- end }}
{{- end -}}
{{- end -}}

{{- define "hawser.podSecurityContext" -}}
{{- $c := .Values.controller -}}
{{- $context := dict
  "runAsNonRoot" $c.image.runAsNonRoot
  "runAsUser" (int $c.image.runAsUser)
  "runAsGroup" (int $c.image.runAsGroup)
  "fsGroup" (int $c.image.runAsGroup)
  "seccompProfile" $c.image.seccompProfile -}}
{{- $sysctls := dict -}}
{{- if and (include "hawser.lowPorts" .) (not $c.hostNetwork) -}}
{{- $_ := set $sysctls "net.ipv4.ip_unprivileged_port_start" "0" -}}
{{- end -}}
{{- $sysctls = merge (dict) $c.sysctls $sysctls -}}
{{- $list := list -}}
{{- range $name, $value := $sysctls -}}
{{- $list = append $list (dict "name" $name "value" (include "hawser.setting" (list $value $))) -}}
{{- end -}}
{{- with $list }}{{ $_ := set $context "sysctls" . }}{{ end -}}
{{- toYaml (merge (dict) $c.podSecurityContext $context) -}}
{{- end -}}

{{- define "hawser.containerSecurityContext" -}}
{{- $c := .Values.controller -}}
{{- if $c.containerSecurityContext -}}
{{- toYaml $c.containerSecurityContext -}}
{{- else -}}
runAsNonRoot: {{ $c.image.runAsNonRoot }}
readOnlyRootFilesystem: {{ $c.image.readOnlyRootFilesystem }}
allowPrivilegeEscalation: {{ or $c.image.allowPrivilegeEscalation (and $c.hostNetwork (eq (include "hawser.lowPorts" .) "yes")) }}
capabilities:
  drop: [ALL]
  add: [NET_BIND_SERVICE]
{{- end -}}
{{- end -}}

{{- define "hawser.ports" -}}
{{- $c := .Values.controller -}}
- name: http
  containerPort: {{ $c.containerPort.http }}
  protocol: TCP
  {{- if $c.hostPort.enabled }}
  hostPort: {{ $c.hostPort.ports.http }}
  {{- end }}
- name: https
  containerPort: {{ $c.containerPort.https }}
  protocol: TCP
  {{- if $c.hostPort.enabled }}
  hostPort: {{ $c.hostPort.ports.https }}
  {{- end }}
- name: metrics
  containerPort: {{ $c.healthCheckPort }}
  protocol: TCP
{{- if $c.admissionWebhooks.enabled }}
- name: webhook
  containerPort: {{ $c.admissionWebhooks.port }}
  protocol: TCP
{{- end }}
{{- range $port, $target := .Values.tcp }}
- name: {{ include "hawser.tcpPortName" (list $ $port) }}
  containerPort: {{ $port }}
  protocol: TCP
  {{- if $c.hostPort.enabled }}
  hostPort: {{ $port }}
  {{- end }}
{{- end }}
{{- end -}}

{{- define "hawser.tcpPortName" -}}
{{- with (index . 0).Values.portNamePrefix }}{{ . }}-{{ end }}{{ index . 1 }}-tcp
{{- end -}}

{{/* A probe: the values over the path and the port. */}}
{{- define "hawser.probe" -}}
{{- $root := index . 0 -}}
{{- $probe := deepCopy (index . 1) -}}
{{- if not (or (hasKey $probe "httpGet") (hasKey $probe "tcpSocket") (hasKey $probe "exec")) -}}
{{- $get := dict "path" (index . 2) "port" "metrics" "scheme" "HTTP" -}}
{{- with $root.Values.controller.healthCheckHost }}{{ $_ := set $get "host" . }}{{ end -}}
{{- $_ := set $probe "httpGet" $get -}}
{{- end -}}
{{- toYaml $probe -}}
{{- end -}}

{{- define "hawser.topologySpread" -}}
{{- range .Values.controller.topologySpreadConstraints }}
{{- $constraint := deepCopy . -}}
{{- if not (hasKey $constraint "labelSelector") -}}
{{- $_ := set $constraint "labelSelector" (dict "matchLabels" (include "hawser.controllerSelector" $ | fromYaml)) -}}
{{- end }}
- {{ toYaml $constraint | nindent 2 | trim }}
{{- end }}
{{- end -}}

{{- define "hawser.container" -}}
{{- $c := .Values.controller -}}
name: {{ $c.containerName }}
image: {{ include "hawser.image" (list $c.image .Chart.AppVersion) | quote }}
imagePullPolicy: {{ $c.image.pullPolicy }}
args:
  {{- include "hawser.args" . | nindent 2 }}
env:
  - name: POD_NAME
    valueFrom:
      fieldRef:
        fieldPath: metadata.name
  - name: POD_NAMESPACE
    valueFrom:
      fieldRef:
        fieldPath: metadata.namespace
  {{- with $c.extraEnvs }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
ports:
  {{- include "hawser.ports" . | nindent 2 }}
securityContext:
  {{- include "hawser.containerSecurityContext" . | nindent 2 }}
{{- with $c.startupProbe }}
startupProbe:
  {{- include "hawser.probe" (list $ . "/readyz") | nindent 2 }}
{{- end }}
livenessProbe:
  {{- include "hawser.probe" (list . $c.livenessProbe "/healthz") | nindent 2 }}
readinessProbe:
  {{- include "hawser.probe" (list . $c.readinessProbe "/readyz") | nindent 2 }}
{{- with $c.lifecycle }}
lifecycle:
  {{- toYaml . | nindent 2 }}
{{- end }}
resources:
  {{- toYaml $c.resources | nindent 2 }}
volumeMounts:
  - name: state
    mountPath: /var/lib/hawser
  - name: tmp
    mountPath: /tmp
  {{- if has (include "hawser.certificates" .) (list "user" "cert-manager") }}
  - name: webhook
    mountPath: /etc/hawser/webhook
    readOnly: true
  {{- end }}
  {{- with $c.extraVolumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* The pod template of both kinds. */}}
{{- define "hawser.pod" -}}
{{- $c := .Values.controller -}}
metadata:
  labels:
    {{- include "hawser.controllerLabels" . | nindent 4 }}
    {{- with $c.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with $c.podAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  serviceAccountName: {{ include "hawser.serviceAccount" . }}
  automountServiceAccountToken: true
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ $c.terminationGracePeriodSeconds }}
  dnsPolicy: {{ $c.dnsPolicy }}
  securityContext:
    {{- include "hawser.podSecurityContext" . | nindent 4 }}
  {{- if $c.hostNetwork }}
  hostNetwork: true
  {{- end }}
  {{- if $c.shareProcessNamespace }}
  shareProcessNamespace: true
  {{- end }}
  {{- range $field := list "hostname" "priorityClassName" "runtimeClassName" }}
  {{- with index $c $field }}
  {{ $field }}: {{ . | quote }}
  {{- end }}
  {{- end }}
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- range $field := list "dnsConfig" "hostAliases" "tolerations" "affinity" "nodeSelector" }}
  {{- with index $c $field }}
  {{ $field }}:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- end }}
  {{- with include "hawser.topologySpread" . }}
  topologySpreadConstraints:
    {{- . | trim | nindent 4 }}
  {{- end }}
  {{- with $c.extraInitContainers }}
  initContainers:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - {{ include "hawser.container" . | nindent 6 | trim }}
    {{- with $c.extraContainers }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  volumes:
    - name: state
      emptyDir:
        medium: Memory
        sizeLimit: {{ $c.stateSizeLimit }}
    - name: tmp
      emptyDir: {}
    {{- if has (include "hawser.certificates" .) (list "user" "cert-manager") }}
    - name: webhook
      secret:
        secretName: {{ default (include "hawser.admission" .) $c.admissionWebhooks.existingSecret }}
    {{- end }}
    {{- with $c.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}
