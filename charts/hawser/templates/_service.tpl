{{/* A Service for traffic: root, its values, and what its name ends with. */}}
{{- define "hawser.service" -}}
{{- $ := index . 0 -}}
{{- $svc := index . 1 -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "hawser.controller" $ }}{{ index . 2 }}
  namespace: {{ $.Release.Namespace }}
  labels:
    {{- include "hawser.controllerLabels" $ | nindent 4 }}
    {{- with $svc.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with $svc.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  type: {{ $svc.type }}
  {{- range $field := list "clusterIP" "loadBalancerIP" "loadBalancerClass" "externalTrafficPolicy" "sessionAffinity" "healthCheckNodePort" "ipFamilyPolicy" }}
  {{- with index $svc $field }}
  {{ $field }}: {{ . }}
  {{- end }}
  {{- end }}
  {{- if kindIs "bool" $svc.allocateLoadBalancerNodePorts }}
  allocateLoadBalancerNodePorts: {{ $svc.allocateLoadBalancerNodePorts }}
  {{- end }}
  {{- range $field := list "externalIPs" "loadBalancerSourceRanges" "ipFamilies" }}
  {{- with index $svc $field }}
  {{ $field }}:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- end }}
  ports:
    {{- include "hawser.servicePorts" (list $ $svc) | nindent 4 }}
  selector:
    {{- include "hawser.controllerSelector" $ | nindent 4 }}
{{- end -}}

{{- define "hawser.servicePorts" -}}
{{- $ := index . 0 -}}
{{- $svc := index . 1 -}}
{{- $nodePorts := default (dict) $svc.nodePorts -}}
{{- range $name := list "http" "https" }}
{{- if index $svc (printf "enable%s" (title $name)) }}
- name: {{ $name }}
  port: {{ index $svc.ports $name }}
  protocol: TCP
  targetPort: {{ index $svc.targetPorts $name }}
  {{- if $svc.appProtocol }}
  appProtocol: {{ $name }}
  {{- end }}
  {{- with index $nodePorts $name }}
  nodePort: {{ . }}
  {{- end }}
{{- end }}
{{- end }}
{{- range $port, $target := $.Values.tcp }}
- name: {{ include "hawser.tcpPortName" (list $ $port) }}
  port: {{ $port }}
  protocol: TCP
  targetPort: {{ include "hawser.tcpPortName" (list $ $port) }}
  {{- with index (default (dict) $nodePorts.tcp) $port }}
  nodePort: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}
