/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */
package com.hopper.hts.events.autoconfigure;

import java.net.URI;

import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.auth.BearerTokenProvider;
import com.hopper.hts.events.http.HopperApiBuilder;
import com.hopper.hts.events.http.HopperWebClientCustomizer;
import com.hopper.hts.events.observation.EventPublishObservationConvention;
import com.hopper.hts.events.observation.HopperMetrics;
import com.hopper.hts.events.outbox.HopperDiagnosis;
import com.hopper.hts.events.session.HopperSessions;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.actuate.endpoint.SanitizingFunction;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.context.properties.ConfigurationPropertiesBindHandlerAdvisor;
import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.http.client.HttpClientSettings;
import org.springframework.boot.http.client.reactive.ClientHttpConnectorBuilder;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.webclient.WebClientCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;
import org.springframework.context.annotation.ProxyType;
import org.springframework.context.annotation.Proxyable;
import org.springframework.core.env.Environment;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.client.ReactorResourceFactory;
import org.springframework.web.client.ApiVersionInserter;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.util.DefaultUriBuilderFactory;
import org.springframework.web.util.UriBuilderFactory;

/**
 * Configurations imported by {@link HopperEventsAutoConfiguration}, in this order.
 */
final class EventPublisherConfigurations {

	private EventPublisherConfigurations() {
	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(MeterRegistry.class)
	@ConditionalOnSingleCandidate(MeterRegistry.class)
	static class Metrics {

		@Bean
		@ConditionalOnMissingBean
		HopperMetrics hopperMetrics(MeterRegistry meterRegistry) {
			return HopperMetrics.of(meterRegistry);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(SanitizingFunction.class)
	static class Sanitizing {

		@Bean
		@ConditionalOnMissingBean
		HopperSanitizingFunction hopperSanitizingFunction() {
			return new HopperSanitizingFunction();
		}

	}

	/**
	 * No condition depends on {@code hopper.enabled}, because AOT processing would fix
	 * its decision at build time: it is read when the application runs.
	 */
	@Configuration(proxyBeanMethods = false)
	static class Client implements ConfigurationPropertiesBindHandlerAdvisor, AopInfrastructureBean {

		/**
		 * Keeps the version of the application's own APIs out of the paths of Hopper's.
		 */
		static final ApiVersionInserter NO_VERSION = new ApiVersionInserter() {
		};

		@Override
		public BindHandler apply(BindHandler bindHandler) {
			return new SecretsBindHandler(bindHandler);
		}

		// Lazy, so that an application that replaces the publisher, in a test for
		// example, opens no connection pool. Proxied by class, because other beans ask
		// for the implementation

		@Bean
		@Lazy
		@Proxyable(ProxyType.TARGET_CLASS)
		@ConditionalOnMissingBean(HopperConnectionDetails.class)
		PropertiesHopperConnectionDetails hopperConnectionDetails(HopperProperties properties,
				HopperAuthProperties auth, ObjectProvider<SslBundles> sslBundles) {
			return new PropertiesHopperConnectionDetails(properties, auth, sslBundles.getIfAvailable());
		}

		@Bean
		@Lazy
		@Proxyable(ProxyType.TARGET_CLASS)
		@ConditionalOnMissingBean
		BearerTokenProvider hopperBearerTokenProvider(HopperProperties properties, HopperAuthProperties auth,
				ObjectProvider<HopperConnectionDetails> connectionDetails, HopperStart start,
				ObjectProvider<HopperMetrics> metrics, ObjectProvider<ObservationRegistry> observationRegistry,
				@Qualifier("hopperScheduler") ObjectProvider<Scheduler> scheduler) {
			if (!properties.isEnabled()) {
				return Mono::empty;
			}
			return BearerTokenProviders.create(properties, auth, connectionDetails.getObject(), start.connector(),
					metrics.getIfAvailable(() -> HopperMetrics.NONE),
					observationRegistry.getIfAvailable(() -> ObservationRegistry.NOOP),
					scheduler.getIfAvailable(Schedulers::parallel));
		}

		private static HopperHttpConnector connector(HopperProperties properties,
				HopperConnectionDetails connectionDetails,
				ObjectProvider<ClientHttpConnectorBuilder<?>> connectorBuilder,
				ObjectProvider<ReactorResourceFactory> resourceFactory, HttpClientSettings settings,
				ObjectProvider<SslBundles> sslBundles) {
			HopperPropertiesValidator.validate(properties);
			SslBundle sslBundle = connectionDetails.getSslBundle();
			HopperHttpConnector connector = new HopperHttpConnector(properties.getClient(),
					"https".equalsIgnoreCase(baseUrl(connectionDetails).getScheme()), connectorBuilder.getIfAvailable(),
					resourceFactory.getIfAvailable(), settings, sslBundle);
			SslBundle used = (sslBundle != null) ? sslBundle : settings.sslBundle();
			// Neither connection details nor settings know the name of their bundle, so
			// it is searched
			sslBundles.ifAvailable((bundles) -> bundles.getBundleNames()
				.stream()
				.filter((name) -> bundles.getBundle(name) == used)
				.forEach((name) -> bundles.addBundleUpdateHandler(name, connector::reload)));
			return connector;
		}

		@Bean
		@Lazy(false)
		@Proxyable(ProxyType.TARGET_CLASS)
		@ConditionalOnMissingBean
		HopperStart hopperStart(HopperProperties properties, HopperAuthProperties auth,
				ObjectProvider<HopperConnectionDetails> connectionDetails, ObjectProvider<HopperDiagnosis> diagnosis,
				ObjectProvider<ClientHttpConnectorBuilder<?>> connectorBuilder,
				ObjectProvider<ReactorResourceFactory> resourceFactory, ObjectProvider<HttpClientSettings> settings,
				ObjectProvider<SslBundles> sslBundles) {
			return new HopperStart(properties.isEnabled(), auth.getPreflight(),
					properties.getClient().getResponseTimeout(), connectionDetails, diagnosis,
					() -> connector(properties, connectionDetails.getObject(), connectorBuilder, resourceFactory,
							settings.getIfAvailable(HttpClientSettings::defaults), sslBundles));
		}

		@Bean
		@Lazy
		@ConditionalOnMissingBean
		HopperDiagnosis hopperDiagnosis(HopperProperties properties,
				ObjectProvider<HopperConnectionDetails> connectionDetails, ObjectProvider<HopperStart> start) {
			return new HopperDiagnosis(() -> {
				HopperStart used = start.getIfUnique();
				return new HopperDiagnosis.Facts(properties.isEnabled(), (used != null) ? used.tokenProvider() : null,
						connectionDetails.getIfUnique() instanceof PropertiesHopperConnectionDetails);
			});
		}

		@Bean(defaultCandidate = false)
		@Lazy
		@Qualifier("hopperWebClient")
		@Proxyable(ProxyType.INTERFACES)
		@ConditionalOnMissingBean(name = "hopperWebClient")
		WebClient hopperWebClient(HopperProperties properties,
				ObjectProvider<HopperConnectionDetails> connectionDetails,
				ObjectProvider<BearerTokenProvider> tokenProvider, HopperStart start,
				ObjectProvider<WebClientCustomizer> customizers,
				ObjectProvider<HopperWebClientCustomizer> hopperCustomizers) {
			WebClient.Builder builder = WebClient.builder();
			if (properties.isEnabled()) {
				customizers.orderedStream().forEach((customizer) -> customizer.customize(builder));
			}
			configure(builder, properties, connectionDetails, tokenProvider, start, hopperCustomizers);
			return builder.build();
		}

		/**
		 * Configure a client for calls to Hopper, after the customizers for all clients.
		 */
		static void configure(WebClient.Builder builder, HopperProperties properties,
				ObjectProvider<HopperConnectionDetails> connectionDetails,
				ObjectProvider<BearerTokenProvider> tokenProvider, HopperStart start,
				ObjectProvider<HopperWebClientCustomizer> hopperCustomizers) {
			if (!properties.isEnabled()) {
				builder.exchangeFunction((request) -> Mono.just(ClientResponse.create(HttpStatus.NO_CONTENT).build()));
				return;
			}
			BearerTokenProvider signIn = tokenProvider.getObject();
			start.use(signIn);
			URI baseUrl = baseUrl(connectionDetails.getObject());
			UriBuilderFactory uriBuilderFactory = new DefaultUriBuilderFactory(baseUrl.toString());
			builder.clientConnector(start.connector().get())
				.uriBuilderFactory(uriBuilderFactory)
				.apiVersionInserter(NO_VERSION)
				.defaultHeaders((headers) -> {
					// Removes the application's global User-Agent: the connector sets the
					// default of this client
					headers.remove(HttpHeaders.USER_AGENT);
					properties.getHeaders().forEach(headers::set);
				})
				.filter(BearerTokenProvider.filter(baseUrl, signIn));
			hopperCustomizers.orderedStream().forEach((customizer) -> customizer.customize(builder));
			String path = baseUrl.getRawPath() + "/";
			if (path.contains("//") || path.contains("%")) {
				String built = uriBuilderFactory.expand("/").toString();
				builder.filters((filters) -> filters.add(0, asWritten(built, baseUrl + "/")));
			}
			// Off whatever the application has set for its own clients, because the
			// details include the token
			builder.codecs((codecs) -> codecs.defaultCodecs().enableLoggingRequestDetails(false));
		}

		@Bean
		@Lazy(false)
		@ConditionalOnMissingBean
		EventPublisher hopperEventPublisher(HopperProperties properties,
				ObjectProvider<HopperConnectionDetails> connectionDetails,
				@Qualifier("hopperWebClient") ObjectProvider<WebClient> webClient,
				ObjectProvider<ObservationRegistry> observationRegistry,
				ObjectProvider<EventPublishObservationConvention> observationConvention,
				ObjectProvider<HopperMetrics> metrics,
				@Qualifier("hopperScheduler") ObjectProvider<Scheduler> scheduler) {
			if (!properties.isEnabled()) {
				return new DisabledEventPublisher(metrics.getIfAvailable(() -> HopperMetrics.NONE));
			}
			// Validated before the client is created, so that the report names the
			// property
			HopperPropertiesValidator.validate(properties);
			return apiBuilder(properties, connectionDetails.getObject(), webClient, observationRegistry, scheduler)
				.observationConvention(observationConvention.getIfAvailable())
				.metrics(metrics.getIfAvailable(() -> HopperMetrics.NONE))
				.publisher();
		}

		@Bean
		@Lazy
		@ConditionalOnMissingBean
		HopperSessions hopperSessions(HopperProperties properties, Environment environment,
				ObjectProvider<HopperConnectionDetails> connectionDetails,
				@Qualifier("hopperWebClient") ObjectProvider<WebClient> webClient,
				ObjectProvider<ObservationRegistry> observationRegistry,
				@Qualifier("hopperScheduler") ObjectProvider<Scheduler> scheduler) {
			if (!properties.isEnabled()) {
				return (request) -> Mono.empty();
			}
			return apiBuilder(properties, connectionDetails.getObject(), webClient, observationRegistry, scheduler)
				.learnSession(Binder.get(environment).bind("hopper.session.learn", Boolean.class).orElse(true))
				.sessions();
		}

		private static HopperApiBuilder apiBuilder(HopperProperties properties, HopperConnectionDetails details,
				ObjectProvider<WebClient> webClient, ObjectProvider<ObservationRegistry> observationRegistry,
				ObjectProvider<Scheduler> scheduler) {
			HopperProperties.Client client = properties.getClient();
			HopperProperties.Retry retry = properties.getRetry();
			return new HopperApiBuilder(webClient.getObject(), baseUrl(details))
				.retry(retry.getMaxAttempts(), retry.getTimeout(), retry.getBudget())
				.backoff(retry.getInitialInterval(), retry.getMultiplier(), retry.getMaxInterval(), retry.getJitter(),
						retry.getMaxRetryAfter())
				.retryOnTimeout(retry.isOnTimeout())
				.responseTimeout(client.getResponseTimeout())
				.shutdownTimeout(client.getShutdownTimeout())
				.maxConcurrency(maxConcurrency(client.getPool()))
				.requireSession(properties.isRequireSession())
				.observationRegistry(observationRegistry.getIfAvailable(() -> ObservationRegistry.NOOP))
				.scheduler(scheduler.getIfAvailable(Schedulers::parallel));
		}

		/**
		 * Return the base URL without a slash at its end, so that paths can be added.
		 */
		static URI baseUrl(HopperConnectionDetails connectionDetails) {
			URI baseUrl = connectionDetails.getBaseUrl();
			if (baseUrl == null) {
				// A mock has no base URL. Calls fail with an UnknownHostException that
				// shows this name.
				return URI.create("https://hopperconnectiondetails-without-base-url.invalid");
			}
			HopperPropertiesValidator.validateBaseUrl(baseUrl, connectionDetails);
			String url = baseUrl.toString();
			return url.endsWith("/") ? URI.create(url.substring(0, url.length() - 1)) : baseUrl;
		}

		private static int maxConcurrency(HopperProperties.Pool pool) {
			return (int) Math.min(Integer.MAX_VALUE, (long) pool.getMaxConnections() + pool.getMaxPendingAcquires());
		}

		/**
		 * Undo what a URI builder does to a base URL with two slashes in a row, or with
		 * percent-encoded characters, which it encodes once more.
		 */
		private static ExchangeFilterFunction asWritten(String built, String written) {
			return ExchangeFilterFunction.ofRequestProcessor((request) -> {
				String url = request.url().toString();
				return Mono.just((url.startsWith(built) && !url.startsWith(written))
						? ClientRequest.from(request).url(URI.create(written + url.substring(built.length()))).build()
						: request);
			});
		}

	}

}
