/**
 * What Kubernetes' own encoder does with fields that are not set, from the struct tags of k8s.io/api v0.36. A line per
 * type: its name, then groups of fields. `{}`, `null`, `""`, `0`, `false`, `"0"`: what is written when the field is
 * not set. `-`: not written when "", 0 or false. `=TCP`: default value of a field that is a list's key.
 */
export const jsonShapeText = `io.k8s.api.admissionregistration.v1.ApplyConfiguration|- expression
io.k8s.api.admissionregistration.v1.AuditAnnotation|"" key valueExpression
io.k8s.api.admissionregistration.v1.ExpressionWarning|"" fieldRef warning
io.k8s.api.admissionregistration.v1.JSONPatch|- expression
io.k8s.api.admissionregistration.v1.MatchCondition|"" expression name
io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicy|{} metadata spec
io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBinding|{} metadata spec
io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBindingSpec|- policyName
io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicySpec|- reinvocationPolicy
io.k8s.api.admissionregistration.v1.MutatingWebhook|{} clientConfig|null admissionReviewVersions sideEffects|"" name
io.k8s.api.admissionregistration.v1.MutatingWebhookConfiguration|{} metadata
io.k8s.api.admissionregistration.v1.Mutation|"" patchType
io.k8s.api.admissionregistration.v1.ParamKind|- apiVersion kind
io.k8s.api.admissionregistration.v1.ParamRef|- name namespace
io.k8s.api.admissionregistration.v1.ServiceReference|"" name namespace
io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicy|{} metadata spec status
io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBinding|{} metadata spec
io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec|- policyName
io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyStatus|- observedGeneration
io.k8s.api.admissionregistration.v1.ValidatingWebhook|{} clientConfig|null admissionReviewVersions sideEffects|"" name
io.k8s.api.admissionregistration.v1.ValidatingWebhookConfiguration|{} metadata
io.k8s.api.admissionregistration.v1.Validation|"" expression|- message messageExpression
io.k8s.api.admissionregistration.v1.Variable|"" expression name
io.k8s.api.admissionregistration.v1alpha1.ApplyConfiguration|- expression
io.k8s.api.admissionregistration.v1alpha1.JSONPatch|- expression
io.k8s.api.admissionregistration.v1alpha1.MatchCondition|"" expression name
io.k8s.api.admissionregistration.v1alpha1.MutatingAdmissionPolicy|{} metadata spec
io.k8s.api.admissionregistration.v1alpha1.MutatingAdmissionPolicyBinding|{} metadata spec
io.k8s.api.admissionregistration.v1alpha1.MutatingAdmissionPolicyBindingSpec|- policyName
io.k8s.api.admissionregistration.v1alpha1.MutatingAdmissionPolicySpec|- reinvocationPolicy
io.k8s.api.admissionregistration.v1alpha1.Mutation|"" patchType
io.k8s.api.admissionregistration.v1alpha1.ParamKind|- apiVersion kind
io.k8s.api.admissionregistration.v1alpha1.ParamRef|- name namespace
io.k8s.api.admissionregistration.v1alpha1.Variable|"" expression name
io.k8s.api.admissionregistration.v1beta1.ApplyConfiguration|- expression
io.k8s.api.admissionregistration.v1beta1.JSONPatch|- expression
io.k8s.api.admissionregistration.v1beta1.MatchCondition|"" expression name
io.k8s.api.admissionregistration.v1beta1.MutatingAdmissionPolicy|{} metadata spec
io.k8s.api.admissionregistration.v1beta1.MutatingAdmissionPolicyBinding|{} metadata spec
io.k8s.api.admissionregistration.v1beta1.MutatingAdmissionPolicyBindingSpec|- policyName
io.k8s.api.admissionregistration.v1beta1.MutatingAdmissionPolicySpec|- reinvocationPolicy
io.k8s.api.admissionregistration.v1beta1.Mutation|"" patchType
io.k8s.api.admissionregistration.v1beta1.ParamKind|- apiVersion kind
io.k8s.api.admissionregistration.v1beta1.ParamRef|- name namespace
io.k8s.api.admissionregistration.v1beta1.Variable|"" expression name
io.k8s.api.apiserverinternal.v1alpha1.ServerStorageVersion|- apiServerID encodingVersion
io.k8s.api.apiserverinternal.v1alpha1.StorageVersion|{} metadata spec status
io.k8s.api.apiserverinternal.v1alpha1.StorageVersionCondition|null lastTransitionTime|"" reason status type|- message observedGeneration
io.k8s.api.apps.v1.ControllerRevision|{} metadata|null data|0 revision
io.k8s.api.apps.v1.DaemonSet|{} metadata spec status
io.k8s.api.apps.v1.DaemonSetCondition|null lastTransitionTime|"" status type|- message reason
io.k8s.api.apps.v1.DaemonSetSpec|{} template updateStrategy|null selector|- minReadySeconds
io.k8s.api.apps.v1.DaemonSetStatus|0 currentNumberScheduled desiredNumberScheduled numberMisscheduled numberReady|- numberAvailable numberUnavailable observedGeneration updatedNumberScheduled
io.k8s.api.apps.v1.DaemonSetUpdateStrategy|- type
io.k8s.api.apps.v1.Deployment|{} metadata spec status
io.k8s.api.apps.v1.DeploymentCondition|null lastTransitionTime lastUpdateTime|"" status type|- message reason
io.k8s.api.apps.v1.DeploymentSpec|{} strategy template|null selector|- minReadySeconds paused
io.k8s.api.apps.v1.DeploymentStatus|- availableReplicas observedGeneration readyReplicas replicas unavailableReplicas updatedReplicas
io.k8s.api.apps.v1.DeploymentStrategy|- type
io.k8s.api.apps.v1.ReplicaSet|{} metadata spec status
io.k8s.api.apps.v1.ReplicaSetCondition|null lastTransitionTime|"" status type|- message reason
io.k8s.api.apps.v1.ReplicaSetSpec|{} template|null selector|- minReadySeconds
io.k8s.api.apps.v1.ReplicaSetStatus|0 replicas|- availableReplicas fullyLabeledReplicas observedGeneration readyReplicas
io.k8s.api.apps.v1.StatefulSet|{} metadata spec status
io.k8s.api.apps.v1.StatefulSetCondition|null lastTransitionTime|"" status type|- message reason
io.k8s.api.apps.v1.StatefulSetOrdinals|0 start
io.k8s.api.apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy|- whenDeleted whenScaled
io.k8s.api.apps.v1.StatefulSetSpec|{} template updateStrategy|null selector|"" serviceName|- minReadySeconds podManagementPolicy
io.k8s.api.apps.v1.StatefulSetStatus|0 availableReplicas replicas|- currentReplicas currentRevision observedGeneration readyReplicas updateRevision updatedReplicas
io.k8s.api.apps.v1.StatefulSetUpdateStrategy|- type
io.k8s.api.authentication.v1.BoundObjectReference|- apiVersion kind name uid
io.k8s.api.authentication.v1.SelfSubjectReview|{} metadata status
io.k8s.api.authentication.v1.SelfSubjectReviewStatus|{} userInfo
io.k8s.api.authentication.v1.TokenRequest|{} metadata spec status
io.k8s.api.authentication.v1.TokenRequestSpec|null audiences boundObjectRef expirationSeconds
io.k8s.api.authentication.v1.TokenRequestStatus|null expirationTimestamp|"" token
io.k8s.api.authentication.v1.TokenReview|{} metadata spec status
io.k8s.api.authentication.v1.TokenReviewSpec|- token
io.k8s.api.authentication.v1.TokenReviewStatus|{} user|- authenticated error
io.k8s.api.authentication.v1.UserInfo|- uid username
io.k8s.api.authorization.v1.FieldSelectorAttributes|- rawSelector
io.k8s.api.authorization.v1.LabelSelectorAttributes|- rawSelector
io.k8s.api.authorization.v1.LocalSubjectAccessReview|{} metadata spec status
io.k8s.api.authorization.v1.NonResourceAttributes|- path verb
io.k8s.api.authorization.v1.NonResourceRule|null verbs
io.k8s.api.authorization.v1.ResourceAttributes|- group name namespace resource subresource verb version
io.k8s.api.authorization.v1.ResourceRule|null verbs
io.k8s.api.authorization.v1.SelfSubjectAccessReview|{} metadata spec status
io.k8s.api.authorization.v1.SelfSubjectRulesReview|{} metadata spec status
io.k8s.api.authorization.v1.SelfSubjectRulesReviewSpec|- namespace
io.k8s.api.authorization.v1.SubjectAccessReview|{} metadata spec status
io.k8s.api.authorization.v1.SubjectAccessReviewSpec|- uid user
io.k8s.api.authorization.v1.SubjectAccessReviewStatus|false allowed|- denied evaluationError reason
io.k8s.api.authorization.v1.SubjectRulesReviewStatus|null nonResourceRules resourceRules|false incomplete|- evaluationError
io.k8s.api.autoscaling.v1.CrossVersionObjectReference|"" kind name|- apiVersion
io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler|{} metadata spec status
io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerSpec|{} scaleTargetRef|0 maxReplicas
io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerStatus|0 currentReplicas desiredReplicas
io.k8s.api.autoscaling.v1.Scale|{} metadata spec status
io.k8s.api.autoscaling.v1.ScaleSpec|- replicas
io.k8s.api.autoscaling.v1.ScaleStatus|0 replicas|- selector
io.k8s.api.autoscaling.v2.ContainerResourceMetricSource|{} target|"" container name
io.k8s.api.autoscaling.v2.ContainerResourceMetricStatus|{} current|"" container name
io.k8s.api.autoscaling.v2.CrossVersionObjectReference|"" kind name|- apiVersion
io.k8s.api.autoscaling.v2.ExternalMetricSource|{} metric target
io.k8s.api.autoscaling.v2.ExternalMetricStatus|{} current metric
io.k8s.api.autoscaling.v2.HPAScalingPolicy|"" type|0 periodSeconds value
io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler|{} metadata spec status
io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerCondition|null lastTransitionTime|"" status type|- message reason
io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerSpec|{} scaleTargetRef|0 maxReplicas
io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerStatus|null currentMetrics|0 desiredReplicas|- currentReplicas
io.k8s.api.autoscaling.v2.MetricIdentifier|"" name
io.k8s.api.autoscaling.v2.MetricSpec|"" type
io.k8s.api.autoscaling.v2.MetricStatus|"" type
io.k8s.api.autoscaling.v2.MetricTarget|"" type
io.k8s.api.autoscaling.v2.ObjectMetricSource|{} describedObject metric target
io.k8s.api.autoscaling.v2.ObjectMetricStatus|{} current describedObject metric
io.k8s.api.autoscaling.v2.PodsMetricSource|{} metric target
io.k8s.api.autoscaling.v2.PodsMetricStatus|{} current metric
io.k8s.api.autoscaling.v2.ResourceMetricSource|{} target|"" name
io.k8s.api.autoscaling.v2.ResourceMetricStatus|{} current|"" name
io.k8s.api.batch.v1.CronJob|{} metadata spec status
io.k8s.api.batch.v1.CronJobSpec|{} jobTemplate|"" schedule|- concurrencyPolicy
io.k8s.api.batch.v1.Job|{} metadata spec status
io.k8s.api.batch.v1.JobCondition|null lastProbeTime lastTransitionTime|"" status type|- message reason
io.k8s.api.batch.v1.JobSpec|{} template
io.k8s.api.batch.v1.JobStatus|- active completedIndexes failed succeeded
io.k8s.api.batch.v1.JobTemplateSpec|{} metadata spec
io.k8s.api.batch.v1.PodFailurePolicy|null rules
io.k8s.api.batch.v1.PodFailurePolicyOnExitCodesRequirement|null values|"" operator
io.k8s.api.batch.v1.PodFailurePolicyOnPodConditionsPattern|"" status type
io.k8s.api.batch.v1.PodFailurePolicyRule|"" action
io.k8s.api.batch.v1.SuccessPolicy|null rules
io.k8s.api.certificates.v1.CertificateSigningRequest|{} metadata spec status
io.k8s.api.certificates.v1.CertificateSigningRequestCondition|null lastTransitionTime lastUpdateTime|"" status type|- message reason
io.k8s.api.certificates.v1.CertificateSigningRequestSpec|null request|"" signerName|- uid username
io.k8s.api.certificates.v1alpha1.ClusterTrustBundle|{} metadata spec
io.k8s.api.certificates.v1alpha1.ClusterTrustBundleSpec|"" trustBundle|- signerName
io.k8s.api.certificates.v1beta1.ClusterTrustBundle|{} metadata spec
io.k8s.api.certificates.v1beta1.ClusterTrustBundleSpec|"" trustBundle|- signerName
io.k8s.api.certificates.v1beta1.PodCertificateRequest|{} metadata spec status
io.k8s.api.certificates.v1beta1.PodCertificateRequestSpec|null pkixPublicKey proofOfPossession stubPKCS10Request|"" nodeName nodeUID podName podUID serviceAccountName serviceAccountUID signerName
io.k8s.api.certificates.v1beta1.PodCertificateRequestStatus|- certificateChain
io.k8s.api.coordination.v1.Lease|{} metadata spec
io.k8s.api.coordination.v1alpha2.LeaseCandidate|{} metadata spec
io.k8s.api.coordination.v1alpha2.LeaseCandidateSpec|"" binaryVersion leaseName|- emulationVersion strategy
io.k8s.api.coordination.v1beta1.LeaseCandidate|{} metadata spec
io.k8s.api.coordination.v1beta1.LeaseCandidateSpec|"" binaryVersion leaseName|- emulationVersion strategy
io.k8s.api.core.v1.AWSElasticBlockStoreVolumeSource|"" volumeID|- fsType partition readOnly
io.k8s.api.core.v1.AppArmorProfile|"" type
io.k8s.api.core.v1.AttachedVolume|"" devicePath name
io.k8s.api.core.v1.AzureDiskVolumeSource|"" diskName diskURI
io.k8s.api.core.v1.AzureFilePersistentVolumeSource|null secretNamespace|"" secretName shareName|- readOnly
io.k8s.api.core.v1.AzureFileVolumeSource|"" secretName shareName|- readOnly
io.k8s.api.core.v1.Binding|{} metadata target
io.k8s.api.core.v1.CSIPersistentVolumeSource|"" driver volumeHandle|- fsType readOnly
io.k8s.api.core.v1.CSIVolumeSource|"" driver
io.k8s.api.core.v1.CephFSPersistentVolumeSource|null monitors|- path readOnly secretFile user
io.k8s.api.core.v1.CephFSVolumeSource|null monitors|- path readOnly secretFile user
io.k8s.api.core.v1.CinderPersistentVolumeSource|"" volumeID|- fsType readOnly
io.k8s.api.core.v1.CinderVolumeSource|"" volumeID|- fsType readOnly
io.k8s.api.core.v1.ClusterTrustBundleProjection|"" path
io.k8s.api.core.v1.ComponentCondition|"" status type|- error message
io.k8s.api.core.v1.ComponentStatus|{} metadata
io.k8s.api.core.v1.ConfigMap|{} metadata
io.k8s.api.core.v1.ConfigMapEnvSource|- name
io.k8s.api.core.v1.ConfigMapKeySelector|"" key|- name
io.k8s.api.core.v1.ConfigMapNodeConfigSource|"" kubeletConfigKey name namespace|- resourceVersion uid
io.k8s.api.core.v1.ConfigMapProjection|- name
io.k8s.api.core.v1.ConfigMapVolumeSource|- name
io.k8s.api.core.v1.Container|{} resources|"" name|- image imagePullPolicy stdin stdinOnce terminationMessagePath terminationMessagePolicy tty workingDir
io.k8s.api.core.v1.ContainerExtendedResourceRequest|"" containerName requestName resourceName
io.k8s.api.core.v1.ContainerImage|null names|- sizeBytes
io.k8s.api.core.v1.ContainerPort|0 containerPort|- hostIP hostPort name protocol|=TCP protocol
io.k8s.api.core.v1.ContainerResizePolicy|"" resourceName restartPolicy
io.k8s.api.core.v1.ContainerRestartRule|- action
io.k8s.api.core.v1.ContainerRestartRuleOnExitCodes|- operator
io.k8s.api.core.v1.ContainerStateRunning|null startedAt
io.k8s.api.core.v1.ContainerStateTerminated|null finishedAt startedAt|0 exitCode|- containerID message reason signal
io.k8s.api.core.v1.ContainerStateWaiting|- message reason
io.k8s.api.core.v1.ContainerStatus|{} lastState state|"" image imageID name|0 restartCount|false ready|- containerID
io.k8s.api.core.v1.DaemonEndpoint|0 Port
io.k8s.api.core.v1.DownwardAPIVolumeFile|"" path
io.k8s.api.core.v1.EmptyDirVolumeSource|- medium
io.k8s.api.core.v1.EndpointAddress|"" ip|- hostname
io.k8s.api.core.v1.EndpointPort|0 port|- name protocol
io.k8s.api.core.v1.Endpoints|{} metadata
io.k8s.api.core.v1.EnvFromSource|- prefix
io.k8s.api.core.v1.EnvVar|"" name|- value
io.k8s.api.core.v1.EphemeralContainer|{} resources|"" name|- image imagePullPolicy stdin stdinOnce targetContainerName terminationMessagePath terminationMessagePolicy tty workingDir
io.k8s.api.core.v1.Event|{} involvedObject metadata source|null eventTime firstTimestamp lastTimestamp|"" reportingComponent reportingInstance|- action count message reason type
io.k8s.api.core.v1.EventSeries|null lastObservedTime|- count
io.k8s.api.core.v1.EventSource|- component host
io.k8s.api.core.v1.FCVolumeSource|- fsType readOnly
io.k8s.api.core.v1.FileKeySelector|"" key path volumeName
io.k8s.api.core.v1.FlexPersistentVolumeSource|"" driver|- fsType readOnly
io.k8s.api.core.v1.FlexVolumeSource|"" driver|- fsType readOnly
io.k8s.api.core.v1.FlockerVolumeSource|- datasetName datasetUUID
io.k8s.api.core.v1.GCEPersistentDiskVolumeSource|"" pdName|- fsType partition readOnly
io.k8s.api.core.v1.GRPCAction|null service|0 port
io.k8s.api.core.v1.GitRepoVolumeSource|"" repository|- directory revision
io.k8s.api.core.v1.GlusterfsPersistentVolumeSource|"" endpoints path|- readOnly
io.k8s.api.core.v1.GlusterfsVolumeSource|"" endpoints path|- readOnly
io.k8s.api.core.v1.HTTPGetAction|0 port|- host path scheme
io.k8s.api.core.v1.HTTPHeader|"" name value
io.k8s.api.core.v1.HostAlias|"" ip
io.k8s.api.core.v1.HostIP|"" ip
io.k8s.api.core.v1.HostPathVolumeSource|"" path
io.k8s.api.core.v1.ISCSIPersistentVolumeSource|"" iqn targetPortal|0 lun|- chapAuthDiscovery chapAuthSession fsType iscsiInterface readOnly
io.k8s.api.core.v1.ISCSIVolumeSource|"" iqn targetPortal|0 lun|- chapAuthDiscovery chapAuthSession fsType iscsiInterface readOnly
io.k8s.api.core.v1.ImageVolumeSource|- pullPolicy reference
io.k8s.api.core.v1.ImageVolumeStatus|- imageRef
io.k8s.api.core.v1.KeyToPath|"" key path
io.k8s.api.core.v1.LimitRange|{} metadata spec
io.k8s.api.core.v1.LimitRangeItem|"" type
io.k8s.api.core.v1.LimitRangeSpec|null limits
io.k8s.api.core.v1.LinuxContainerUser|0 gid uid
io.k8s.api.core.v1.LoadBalancerIngress|- hostname ip
io.k8s.api.core.v1.LocalObjectReference|- name|= name
io.k8s.api.core.v1.LocalVolumeSource|"" path
io.k8s.api.core.v1.ModifyVolumeStatus|"" status|- targetVolumeAttributesClassName
io.k8s.api.core.v1.NFSVolumeSource|"" path server|- readOnly
io.k8s.api.core.v1.Namespace|{} metadata spec status
io.k8s.api.core.v1.NamespaceCondition|null lastTransitionTime|"" status type|- message reason
io.k8s.api.core.v1.NamespaceStatus|- phase
io.k8s.api.core.v1.Node|{} metadata spec status
io.k8s.api.core.v1.NodeAddress|"" address type
io.k8s.api.core.v1.NodeAllocatableResourceClaimStatus|null resources|"" resourceClaimName
io.k8s.api.core.v1.NodeCondition|null lastHeartbeatTime lastTransitionTime|"" status type|- message reason
io.k8s.api.core.v1.NodeConfigStatus|- error
io.k8s.api.core.v1.NodeDaemonEndpoints|{} kubeletEndpoint
io.k8s.api.core.v1.NodeRuntimeHandler|"" name
io.k8s.api.core.v1.NodeSelector|null nodeSelectorTerms
io.k8s.api.core.v1.NodeSelectorRequirement|"" key operator
io.k8s.api.core.v1.NodeSpec|- externalID podCIDR providerID unschedulable
io.k8s.api.core.v1.NodeStatus|{} daemonEndpoints nodeInfo|- phase
io.k8s.api.core.v1.NodeSystemInfo|"" architecture bootID containerRuntimeVersion kernelVersion kubeProxyVersion kubeletVersion machineID operatingSystem osImage systemUUID
io.k8s.api.core.v1.ObjectFieldSelector|"" fieldPath|- apiVersion
io.k8s.api.core.v1.ObjectReference|- apiVersion fieldPath kind name namespace resourceVersion uid
io.k8s.api.core.v1.PersistentVolume|{} metadata spec status
io.k8s.api.core.v1.PersistentVolumeClaim|{} metadata spec status
io.k8s.api.core.v1.PersistentVolumeClaimCondition|null lastProbeTime lastTransitionTime|"" status type|- message reason
io.k8s.api.core.v1.PersistentVolumeClaimSpec|{} resources|- volumeName
io.k8s.api.core.v1.PersistentVolumeClaimStatus|- phase
io.k8s.api.core.v1.PersistentVolumeClaimTemplate|{} metadata spec
io.k8s.api.core.v1.PersistentVolumeClaimVolumeSource|"" claimName|- readOnly
io.k8s.api.core.v1.PersistentVolumeSpec|- persistentVolumeReclaimPolicy storageClassName
io.k8s.api.core.v1.PersistentVolumeStatus|- message phase reason
io.k8s.api.core.v1.PhotonPersistentDiskVolumeSource|"" pdID|- fsType
io.k8s.api.core.v1.Pod|{} metadata spec status
io.k8s.api.core.v1.PodAffinityTerm|"" topologyKey
io.k8s.api.core.v1.PodCertificateProjection|- certificateChainPath credentialBundlePath keyPath keyType signerName
io.k8s.api.core.v1.PodCondition|null lastProbeTime lastTransitionTime|"" status type|- message observedGeneration reason
io.k8s.api.core.v1.PodDNSConfigOption|- name
io.k8s.api.core.v1.PodExtendedResourceClaimStatus|null requestMappings|"" resourceClaimName
io.k8s.api.core.v1.PodIP|"" ip
io.k8s.api.core.v1.PodOS|"" name
io.k8s.api.core.v1.PodReadinessGate|"" conditionType
io.k8s.api.core.v1.PodResourceClaim|"" name
io.k8s.api.core.v1.PodResourceClaimStatus|"" name
io.k8s.api.core.v1.PodSchedulingGate|"" name
io.k8s.api.core.v1.PodSpec|null containers|- dnsPolicy hostIPC hostNetwork hostPID hostname nodeName priorityClassName restartPolicy schedulerName serviceAccount serviceAccountName subdomain
io.k8s.api.core.v1.PodStatus|- hostIP message nominatedNodeName observedGeneration phase podIP qosClass reason resize
io.k8s.api.core.v1.PodTemplate|{} metadata template
io.k8s.api.core.v1.PodTemplateSpec|{} metadata spec
io.k8s.api.core.v1.PortStatus|"" protocol|0 port
io.k8s.api.core.v1.PortworxVolumeSource|"" volumeID|- fsType readOnly
io.k8s.api.core.v1.PreferredSchedulingTerm|{} preference|0 weight
io.k8s.api.core.v1.Probe|- failureThreshold initialDelaySeconds periodSeconds successThreshold timeoutSeconds
io.k8s.api.core.v1.ProjectedVolumeSource|null sources
io.k8s.api.core.v1.QuobyteVolumeSource|"" registry volume|- group readOnly tenant user
io.k8s.api.core.v1.RBDPersistentVolumeSource|null monitors|"" image|- fsType keyring pool readOnly user
io.k8s.api.core.v1.RBDVolumeSource|null monitors|"" image|- fsType keyring pool readOnly user
io.k8s.api.core.v1.ReplicationController|{} metadata spec status
io.k8s.api.core.v1.ReplicationControllerCondition|null lastTransitionTime|"" status type|- message reason
io.k8s.api.core.v1.ReplicationControllerSpec|- minReadySeconds
io.k8s.api.core.v1.ReplicationControllerStatus|0 replicas|- availableReplicas fullyLabeledReplicas observedGeneration readyReplicas
io.k8s.api.core.v1.ResourceClaim|"" name|- request
io.k8s.api.core.v1.ResourceFieldSelector|"" resource|"0" divisor|- containerName
io.k8s.api.core.v1.ResourceHealth|"" resourceID|- health
io.k8s.api.core.v1.ResourceQuota|{} metadata spec status
io.k8s.api.core.v1.ResourceStatus|"" name
io.k8s.api.core.v1.SELinuxOptions|- level role type user
io.k8s.api.core.v1.ScaleIOPersistentVolumeSource|null secretRef|"" gateway system|- fsType protectionDomain readOnly sslEnabled storageMode storagePool volumeName
io.k8s.api.core.v1.ScaleIOVolumeSource|null secretRef|"" gateway system|- fsType protectionDomain readOnly sslEnabled storageMode storagePool volumeName
io.k8s.api.core.v1.ScopedResourceSelectorRequirement|"" operator scopeName
io.k8s.api.core.v1.SeccompProfile|"" type
io.k8s.api.core.v1.Secret|{} metadata|- type
io.k8s.api.core.v1.SecretEnvSource|- name
io.k8s.api.core.v1.SecretKeySelector|"" key|- name
io.k8s.api.core.v1.SecretProjection|- name
io.k8s.api.core.v1.SecretReference|- name namespace
io.k8s.api.core.v1.SecretVolumeSource|- secretName
io.k8s.api.core.v1.Service|{} metadata spec status
io.k8s.api.core.v1.ServiceAccount|{} metadata
io.k8s.api.core.v1.ServiceAccountTokenProjection|"" path|- audience
io.k8s.api.core.v1.ServicePort|0 port targetPort|- name nodePort protocol|=TCP protocol
io.k8s.api.core.v1.ServiceSpec|- clusterIP externalName externalTrafficPolicy healthCheckNodePort loadBalancerIP publishNotReadyAddresses sessionAffinity type
io.k8s.api.core.v1.ServiceStatus|{} loadBalancer
io.k8s.api.core.v1.SleepAction|0 seconds
io.k8s.api.core.v1.StorageOSPersistentVolumeSource|- fsType readOnly volumeName volumeNamespace
io.k8s.api.core.v1.StorageOSVolumeSource|- fsType readOnly volumeName volumeNamespace
io.k8s.api.core.v1.Sysctl|"" name value
io.k8s.api.core.v1.TCPSocketAction|0 port|- host
io.k8s.api.core.v1.Taint|"" effect key|- value
io.k8s.api.core.v1.Toleration|- effect key operator value
io.k8s.api.core.v1.TopologySelectorLabelRequirement|null values|"" key
io.k8s.api.core.v1.TopologySpreadConstraint|"" topologyKey whenUnsatisfiable|0 maxSkew
io.k8s.api.core.v1.TypedLocalObjectReference|null apiGroup|"" kind name
io.k8s.api.core.v1.TypedObjectReference|null apiGroup|"" kind name
io.k8s.api.core.v1.Volume|"" name
io.k8s.api.core.v1.VolumeDevice|"" devicePath name
io.k8s.api.core.v1.VolumeMount|"" mountPath name|- readOnly subPath subPathExpr
io.k8s.api.core.v1.VolumeMountStatus|"" mountPath name|- readOnly
io.k8s.api.core.v1.VsphereVirtualDiskVolumeSource|"" volumePath|- fsType storagePolicyID storagePolicyName
io.k8s.api.core.v1.WeightedPodAffinityTerm|{} podAffinityTerm|0 weight
io.k8s.api.discovery.v1.Endpoint|{} conditions|null addresses
io.k8s.api.discovery.v1.EndpointSlice|{} metadata|null endpoints ports|"" addressType
io.k8s.api.discovery.v1.ForNode|"" name
io.k8s.api.discovery.v1.ForZone|"" name
io.k8s.api.events.v1.Event|{} deprecatedSource metadata regarding|null deprecatedFirstTimestamp deprecatedLastTimestamp eventTime|- action deprecatedCount note reason reportingController reportingInstance type
io.k8s.api.events.v1.EventSeries|null lastObservedTime|0 count
io.k8s.api.flowcontrol.v1.FlowDistinguisherMethod|"" type
io.k8s.api.flowcontrol.v1.FlowSchema|{} metadata spec status
io.k8s.api.flowcontrol.v1.FlowSchemaCondition|null lastTransitionTime|- message reason status type
io.k8s.api.flowcontrol.v1.FlowSchemaSpec|{} priorityLevelConfiguration|0 matchingPrecedence
io.k8s.api.flowcontrol.v1.GroupSubject|"" name
io.k8s.api.flowcontrol.v1.LimitResponse|"" type
io.k8s.api.flowcontrol.v1.LimitedPriorityLevelConfiguration|{} limitResponse|null nominalConcurrencyShares
io.k8s.api.flowcontrol.v1.NonResourcePolicyRule|null nonResourceURLs verbs
io.k8s.api.flowcontrol.v1.PolicyRulesWithSubjects|null subjects
io.k8s.api.flowcontrol.v1.PriorityLevelConfiguration|{} metadata spec status
io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationCondition|null lastTransitionTime|- message reason status type
io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationReference|"" name
io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationSpec|"" type
io.k8s.api.flowcontrol.v1.QueuingConfiguration|0 handSize queueLengthLimit queues
io.k8s.api.flowcontrol.v1.ResourcePolicyRule|null apiGroups namespaces resources verbs|- clusterScope
io.k8s.api.flowcontrol.v1.ServiceAccountSubject|"" name namespace
io.k8s.api.flowcontrol.v1.Subject|"" kind
io.k8s.api.flowcontrol.v1.UserSubject|"" name
io.k8s.api.networking.v1.HTTPIngressPath|{} backend|null pathType|- path
io.k8s.api.networking.v1.HTTPIngressRuleValue|null paths
io.k8s.api.networking.v1.IPAddress|{} metadata spec
io.k8s.api.networking.v1.IPBlock|"" cidr
io.k8s.api.networking.v1.Ingress|{} metadata spec status
io.k8s.api.networking.v1.IngressClass|{} metadata spec
io.k8s.api.networking.v1.IngressClassParametersReference|null scope|"" kind name
io.k8s.api.networking.v1.IngressClassSpec|- controller
io.k8s.api.networking.v1.IngressLoadBalancerIngress|- hostname ip
io.k8s.api.networking.v1.IngressPortStatus|"" protocol|0 port
io.k8s.api.networking.v1.IngressRule|- host
io.k8s.api.networking.v1.IngressServiceBackend|{} port|"" name
io.k8s.api.networking.v1.IngressStatus|{} loadBalancer
io.k8s.api.networking.v1.IngressTLS|- secretName
io.k8s.api.networking.v1.NetworkPolicy|{} metadata spec
io.k8s.api.networking.v1.NetworkPolicySpec|{} podSelector
io.k8s.api.networking.v1.ParentReference|- group name namespace resource
io.k8s.api.networking.v1.ServiceBackendPort|- name number
io.k8s.api.networking.v1.ServiceCIDR|{} metadata spec status
io.k8s.api.networking.v1beta1.IPAddress|{} metadata spec
io.k8s.api.networking.v1beta1.ParentReference|- group name namespace resource
io.k8s.api.networking.v1beta1.ServiceCIDR|{} metadata spec status
io.k8s.api.node.v1.RuntimeClass|{} metadata|"" handler
io.k8s.api.policy.v1.Eviction|{} metadata
io.k8s.api.policy.v1.PodDisruptionBudget|{} metadata spec status
io.k8s.api.policy.v1.PodDisruptionBudgetStatus|0 currentHealthy desiredHealthy disruptionsAllowed expectedPods|- observedGeneration
io.k8s.api.rbac.v1.ClusterRole|{} metadata|null rules
io.k8s.api.rbac.v1.ClusterRoleBinding|{} metadata roleRef
io.k8s.api.rbac.v1.PolicyRule|null verbs
io.k8s.api.rbac.v1.Role|{} metadata|null rules
io.k8s.api.rbac.v1.RoleBinding|{} metadata roleRef
io.k8s.api.rbac.v1.RoleRef|"" apiGroup kind name
io.k8s.api.rbac.v1.Subject|"" kind name|- apiGroup namespace
io.k8s.api.resource.v1.AllocatedDeviceStatus|null conditions|"" device driver pool
io.k8s.api.resource.v1.AllocationResult|{} devices
io.k8s.api.resource.v1.CELDeviceSelector|"" expression
io.k8s.api.resource.v1.CapacityRequestPolicy|null default
io.k8s.api.resource.v1.Counter|"0" value
io.k8s.api.resource.v1.CounterSet|"" name
io.k8s.api.resource.v1.Device|"" name
io.k8s.api.resource.v1.DeviceAllocationConfiguration|"" source
io.k8s.api.resource.v1.DeviceCapacity|"0" value
io.k8s.api.resource.v1.DeviceClaim|null requests
io.k8s.api.resource.v1.DeviceClass|{} metadata spec
io.k8s.api.resource.v1.DeviceCounterConsumption|"" counterSet
io.k8s.api.resource.v1.DeviceRequest|"" name
io.k8s.api.resource.v1.DeviceRequestAllocationResult|"" device driver pool request
io.k8s.api.resource.v1.DeviceSubRequest|"" deviceClassName name|- allocationMode count
io.k8s.api.resource.v1.DeviceTaint|"" effect key|- value
io.k8s.api.resource.v1.DeviceToleration|- effect key operator value
io.k8s.api.resource.v1.ExactDeviceRequest|"" deviceClassName|- allocationMode count
io.k8s.api.resource.v1.NetworkDeviceData|- hardwareAddress interfaceName
io.k8s.api.resource.v1.OpaqueDeviceConfiguration|null parameters|"" driver
io.k8s.api.resource.v1.ResourceClaim|{} metadata spec status
io.k8s.api.resource.v1.ResourceClaimConsumerReference|"" name resource uid|- apiGroup
io.k8s.api.resource.v1.ResourceClaimSpec|{} devices
io.k8s.api.resource.v1.ResourceClaimTemplate|{} metadata spec
io.k8s.api.resource.v1.ResourceClaimTemplateSpec|{} metadata spec
io.k8s.api.resource.v1.ResourcePool|"" name|0 generation resourceSliceCount
io.k8s.api.resource.v1.ResourceSlice|{} metadata spec
io.k8s.api.resource.v1.ResourceSliceSpec|{} pool|"" driver
io.k8s.api.resource.v1alpha3.DeviceTaint|"" effect key|- value
io.k8s.api.resource.v1alpha3.DeviceTaintRule|{} metadata spec status
io.k8s.api.resource.v1alpha3.DeviceTaintRuleSpec|{} taint
io.k8s.api.resource.v1alpha3.PoolStatus|0 generation|- driver poolName
io.k8s.api.resource.v1alpha3.ResourcePoolStatusRequest|{} metadata spec
io.k8s.api.resource.v1alpha3.ResourcePoolStatusRequestSpec|"" driver
io.k8s.api.resource.v1beta1.AllocatedDeviceStatus|null conditions|"" device driver pool
io.k8s.api.resource.v1beta1.AllocationResult|{} devices
io.k8s.api.resource.v1beta1.CELDeviceSelector|"" expression
io.k8s.api.resource.v1beta1.CapacityRequestPolicy|null default
io.k8s.api.resource.v1beta1.Counter|"0" value
io.k8s.api.resource.v1beta1.CounterSet|"" name
io.k8s.api.resource.v1beta1.Device|"" name
io.k8s.api.resource.v1beta1.DeviceAllocationConfiguration|"" source
io.k8s.api.resource.v1beta1.DeviceCapacity|"0" value
io.k8s.api.resource.v1beta1.DeviceClaim|null requests
io.k8s.api.resource.v1beta1.DeviceClass|{} metadata spec
io.k8s.api.resource.v1beta1.DeviceCounterConsumption|"" counterSet
io.k8s.api.resource.v1beta1.DeviceRequest|"" deviceClassName name|- allocationMode count
io.k8s.api.resource.v1beta1.DeviceRequestAllocationResult|"" device driver pool request
io.k8s.api.resource.v1beta1.DeviceSubRequest|"" deviceClassName name|- allocationMode count
io.k8s.api.resource.v1beta1.DeviceTaint|"" effect key|- value
io.k8s.api.resource.v1beta1.DeviceToleration|- effect key operator value
io.k8s.api.resource.v1beta1.NetworkDeviceData|- hardwareAddress interfaceName
io.k8s.api.resource.v1beta1.OpaqueDeviceConfiguration|null parameters|"" driver
io.k8s.api.resource.v1beta1.ResourceClaim|{} metadata spec status
io.k8s.api.resource.v1beta1.ResourceClaimConsumerReference|"" name resource uid|- apiGroup
io.k8s.api.resource.v1beta1.ResourceClaimSpec|{} devices
io.k8s.api.resource.v1beta1.ResourceClaimTemplate|{} metadata spec
io.k8s.api.resource.v1beta1.ResourceClaimTemplateSpec|{} metadata spec
io.k8s.api.resource.v1beta1.ResourcePool|"" name|0 generation resourceSliceCount
io.k8s.api.resource.v1beta1.ResourceSlice|{} metadata spec
io.k8s.api.resource.v1beta1.ResourceSliceSpec|{} pool|"" driver|- allNodes nodeName
io.k8s.api.resource.v1beta2.AllocatedDeviceStatus|null conditions|"" device driver pool
io.k8s.api.resource.v1beta2.AllocationResult|{} devices
io.k8s.api.resource.v1beta2.CELDeviceSelector|"" expression
io.k8s.api.resource.v1beta2.CapacityRequestPolicy|null default
io.k8s.api.resource.v1beta2.Counter|"0" value
io.k8s.api.resource.v1beta2.CounterSet|"" name
io.k8s.api.resource.v1beta2.Device|"" name
io.k8s.api.resource.v1beta2.DeviceAllocationConfiguration|"" source
io.k8s.api.resource.v1beta2.DeviceCapacity|"0" value
io.k8s.api.resource.v1beta2.DeviceClaim|null requests
io.k8s.api.resource.v1beta2.DeviceClass|{} metadata spec
io.k8s.api.resource.v1beta2.DeviceCounterConsumption|"" counterSet
io.k8s.api.resource.v1beta2.DeviceRequest|"" name
io.k8s.api.resource.v1beta2.DeviceRequestAllocationResult|"" device driver pool request
io.k8s.api.resource.v1beta2.DeviceSubRequest|"" deviceClassName name|- allocationMode count
io.k8s.api.resource.v1beta2.DeviceTaint|"" effect key|- value
io.k8s.api.resource.v1beta2.DeviceTaintRule|{} metadata spec status
io.k8s.api.resource.v1beta2.DeviceTaintRuleSpec|{} taint
io.k8s.api.resource.v1beta2.DeviceToleration|- effect key operator value
io.k8s.api.resource.v1beta2.ExactDeviceRequest|"" deviceClassName|- allocationMode count
io.k8s.api.resource.v1beta2.NetworkDeviceData|- hardwareAddress interfaceName
io.k8s.api.resource.v1beta2.OpaqueDeviceConfiguration|null parameters|"" driver
io.k8s.api.resource.v1beta2.ResourceClaim|{} metadata spec status
io.k8s.api.resource.v1beta2.ResourceClaimConsumerReference|"" name resource uid|- apiGroup
io.k8s.api.resource.v1beta2.ResourceClaimSpec|{} devices
io.k8s.api.resource.v1beta2.ResourceClaimTemplate|{} metadata spec
io.k8s.api.resource.v1beta2.ResourceClaimTemplateSpec|{} metadata spec
io.k8s.api.resource.v1beta2.ResourcePool|"" name|0 generation resourceSliceCount
io.k8s.api.resource.v1beta2.ResourceSlice|{} metadata spec
io.k8s.api.resource.v1beta2.ResourceSliceSpec|{} pool|"" driver
io.k8s.api.scheduling.v1.PriorityClass|{} metadata|0 value|- description globalDefault
io.k8s.api.scheduling.v1alpha2.GangSchedulingPolicy|0 minCount
io.k8s.api.scheduling.v1alpha2.PodGroup|{} metadata spec status
io.k8s.api.scheduling.v1alpha2.PodGroupResourceClaim|"" name
io.k8s.api.scheduling.v1alpha2.PodGroupResourceClaimStatus|"" name
io.k8s.api.scheduling.v1alpha2.PodGroupSpec|{} schedulingPolicy|null podGroupTemplateRef|- priorityClassName
io.k8s.api.scheduling.v1alpha2.PodGroupTemplate|{} schedulingPolicy|null schedulingConstraints|"" name|- priorityClassName
io.k8s.api.scheduling.v1alpha2.PodGroupTemplateReference|null workload
io.k8s.api.scheduling.v1alpha2.TopologyConstraint|"" key
io.k8s.api.scheduling.v1alpha2.TypedLocalObjectReference|"" kind name|- apiGroup
io.k8s.api.scheduling.v1alpha2.Workload|{} metadata spec
io.k8s.api.scheduling.v1alpha2.WorkloadPodGroupTemplateReference|"" podGroupTemplateName workloadName
io.k8s.api.scheduling.v1alpha2.WorkloadSpec|null podGroupTemplates
io.k8s.api.storage.v1.CSIDriver|{} metadata spec
io.k8s.api.storage.v1.CSINode|{} metadata spec
io.k8s.api.storage.v1.CSINodeDriver|null topologyKeys|"" name nodeID
io.k8s.api.storage.v1.CSINodeSpec|null drivers
io.k8s.api.storage.v1.CSIStorageCapacity|{} metadata|"" storageClassName
io.k8s.api.storage.v1.StorageClass|{} metadata|"" provisioner
io.k8s.api.storage.v1.TokenRequest|"" audience
io.k8s.api.storage.v1.VolumeAttachment|{} metadata spec status
io.k8s.api.storage.v1.VolumeAttachmentSpec|{} source|"" attacher nodeName
io.k8s.api.storage.v1.VolumeAttachmentStatus|false attached
io.k8s.api.storage.v1.VolumeAttributesClass|{} metadata|"" driverName
io.k8s.api.storage.v1.VolumeError|null time|- message
io.k8s.api.storage.v1beta1.VolumeAttributesClass|{} metadata|"" driverName
io.k8s.api.storagemigration.v1beta1.StorageVersionMigration|{} metadata spec status
io.k8s.api.storagemigration.v1beta1.StorageVersionMigrationSpec|{} resource
io.k8s.api.storagemigration.v1beta1.StorageVersionMigrationStatus|- resourceVersion
io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceColumnDefinition|"" jsonPath name type|- description format priority
io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceConversion|"" strategy
io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition|{} metadata spec status
io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionCondition|null lastTransitionTime|"" status type|- message observedGeneration reason
io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionNames|"" kind plural|- listKind singular
io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionSpec|{} names|null versions|"" group scope|- preserveUnknownFields
io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionStatus|{} acceptedNames|null conditions storedVersions|- observedGeneration
io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionVersion|"" name|false served storage|- deprecated
io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresourceScale|"" specReplicasPath statusReplicasPath
io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ExternalDocumentation|- description url
io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps|- $schema description exclusiveMaximum exclusiveMinimum format id nullable pattern title type uniqueItems x-kubernetes-embedded-resource x-kubernetes-int-or-string
io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.SelectableField|"" jsonPath
io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ServiceReference|"" name namespace
io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ValidationRule|"" rule|- fieldPath message messageExpression
io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.WebhookConversion|null conversionReviewVersions
io.k8s.apimachinery.pkg.apis.meta.v1.APIGroup|{} preferredVersion|null versions|"" name
io.k8s.apimachinery.pkg.apis.meta.v1.APIResource|null verbs|"" kind name singularName|false namespaced|- group storageVersionHash version
io.k8s.apimachinery.pkg.apis.meta.v1.APIVersions|null serverAddressByClientCIDRs versions
io.k8s.apimachinery.pkg.apis.meta.v1.Condition|null lastTransitionTime|"" message reason status type|- observedGeneration
io.k8s.apimachinery.pkg.apis.meta.v1.FieldSelectorRequirement|"" key operator
io.k8s.apimachinery.pkg.apis.meta.v1.GroupResource|"" group resource
io.k8s.apimachinery.pkg.apis.meta.v1.GroupVersionForDiscovery|"" groupVersion version
io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelectorRequirement|"" key operator
io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta|- continue resourceVersion selfLink
io.k8s.apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry|- apiVersion fieldsType manager operation subresource
io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta|- creationTimestamp generateName generation name namespace resourceVersion selfLink uid
io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference|"" apiVersion kind name uid
io.k8s.apimachinery.pkg.apis.meta.v1.ServerAddressByClientCIDR|"" clientCIDR serverAddress
io.k8s.apimachinery.pkg.apis.meta.v1.ShardInfo|"" selector
io.k8s.apimachinery.pkg.apis.meta.v1.Status|{} metadata|- code message reason status
io.k8s.apimachinery.pkg.apis.meta.v1.StatusCause|- field message reason
io.k8s.apimachinery.pkg.apis.meta.v1.StatusDetails|- group kind name retryAfterSeconds uid
io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent|null object|"" type
io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService|{} metadata spec status
io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceCondition|null lastTransitionTime|"" status type|- message reason
io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceSpec|0 groupPriorityMinimum versionPriority|- group insecureSkipTLSVerify version
io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.ServiceReference|- name namespace`;
