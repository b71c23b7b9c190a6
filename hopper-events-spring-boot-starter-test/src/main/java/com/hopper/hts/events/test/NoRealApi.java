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
package com.hopper.hts.events.test;

import java.io.Serial;
import java.net.URI;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

import com.hopper.hts.events.TokenRequestException;
import com.hopper.hts.events.auth.BearerTokenProvider;
import com.hopper.hts.events.auth.RotatingTokenProvider;
import com.hopper.hts.events.autoconfigure.HopperConnectionDetails;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.beans.factory.BeanFactoryInitializer;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.context.EnvironmentAware;
import org.springframework.core.Ordered;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.Environment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.util.StringUtils;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.ExchangeFunction;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * Lets requests of tests reach only servers of this machine, such as
 * {@link FakeHopperApi}. A request to any other server fails before it is signed. An
 * application without connection details of its own does not sign in when it starts, does
 * not wait for stored events when it ends, and needs no credentials.
 */
class NoRealApi implements BeanFactoryPostProcessor, EnvironmentAware, Ordered {

	private static final Log logger = LogFactory.getLog(NoRealApi.class);

	private static final String ALLOWED = "hopper.test.real-api";

	private static final String OWN_DETAILS = "com.hopper.hts.events.autoconfigure.PropertiesHopperConnectionDetails";

	private @Nullable Environment environment;

	@Override
	public void setEnvironment(Environment environment) {
		this.environment = environment;
	}

	@Override
	public void postProcessBeanFactory(ConfigurableListableBeanFactory beanFactory) {
		if (!(this.environment instanceof ConfigurableEnvironment configurableEnvironment)
				|| configurableEnvironment.getProperty(ALLOWED, Boolean.class, false)) {
			return;
		}
		beanFactory.addBeanPostProcessor(new Guard(beanFactory.getBeanProvider(HopperConnectionDetails.class)));
		// A singleton, because it comes after the initializer of beans of type
		// DynamicPropertyRegistrar, which has a bean definition
		BeanFactoryInitializer<ListableBeanFactory> initializer = (ignored) -> setProperties(beanFactory,
				configurableEnvironment);
		beanFactory.registerSingleton("hopperNoRealApiInitializer", initializer);
	}

	private static void setProperties(ConfigurableListableBeanFactory beanFactory,
			ConfigurableEnvironment environment) {
		if (isByProperties(beanFactory) && !isHere(environment)) {
			Map<String, Object> properties = new HashMap<>();
			properties.put("hopper.auth.preflight", "off");
			properties.put("hopper.outbox.shutdown-timeout", "1ms");
			properties.put("hopper.client.shutdown-timeout", "1ms");
			if (!environment.containsProperty("hopper.auth.token")
					&& !environment.containsProperty("hopper.auth.client-id")) {
				properties.put("hopper.auth.token", "none");
			}
			environment.getPropertySources().addFirst(new MapPropertySource("hopperNoRealApi", properties));
		}
	}

	private static boolean isByProperties(ConfigurableListableBeanFactory beanFactory) {
		for (String name : beanFactory.getBeanNamesForType(HopperConnectionDetails.class, true, false)) {
			Class<?> type = beanFactory.getType(name, false);
			if (type == null || !OWN_DETAILS.equals(type.getName())) {
				return false;
			}
		}
		return true;
	}

	private static boolean isHere(Environment environment) {
		String tokenUri = environment.getProperty("hopper.auth.token-uri");
		return isHere(environment.getProperty("hopper.base-url", "https://airlines-api.hopper.com"))
				&& (!StringUtils.hasText(tokenUri) || environment.containsProperty("hopper.auth.token")
						|| isHere(tokenUri));
	}

	private static boolean isHere(String url) {
		try {
			return isHere(URI.create(url));
		}
		catch (IllegalArgumentException ex) {
			return false;
		}
	}

	private static boolean isHere(URI url) {
		String host = (url.getHost() != null) ? url.getHost().toLowerCase(Locale.ROOT) : "";
		return host.equals("localhost") || host.endsWith(".localhost") || host.startsWith("127.")
				|| host.equals("[::1]") || host.equals("0.0.0.0") || host.endsWith(".invalid");
	}

	@Override
	public int getOrder() {
		return Ordered.LOWEST_PRECEDENCE;
	}

	/**
	 * Puts a filter before those that sign requests. Signing in has a client of its own,
	 * so nobody signs in if that were elsewhere.
	 */
	private static final class Guard implements BeanPostProcessor {

		private final ObjectProvider<HopperConnectionDetails> connectionDetails;

		Guard(ObjectProvider<HopperConnectionDetails> connectionDetails) {
			this.connectionDetails = connectionDetails;
		}

		@Override
		public Object postProcessAfterInitialization(Object bean, String beanName) {
			if (beanName.equals("hopperWebClient") && bean instanceof WebClient webClient) {
				return webClient.mutate().filters((filters) -> filters.add(0, new Filter())).build();
			}
			if (beanName.equals("hopperBearerTokenProvider") && bean instanceof RotatingTokenProvider provider
					&& !provider.isGiven()) {
				URI tokenUri = this.connectionDetails.getObject().getTokenUri();
				return (tokenUri == null || isHere(tokenUri)) ? provider : refusing(tokenUri);
			}
			return bean;
		}

		private static BearerTokenProvider refusing(URI tokenUri) {
			TestReachesForRealApi exception = new TestReachesForRealApi(tokenUri.getHost());
			return () -> Mono
				.error(() -> new TokenRequestException(String.valueOf(exception.getMessage()), false, null, exception));
		}

	}

	/**
	 * Refuses requests to other machines.
	 */
	private static final class Filter implements ExchangeFilterFunction {

		private final AtomicBoolean logged = new AtomicBoolean();

		@Override
		public Mono<ClientResponse> filter(ClientRequest request, ExchangeFunction next) {
			if (isHere(request.url())) {
				return next.exchange(request);
			}
			return Mono.error(() -> {
				TestReachesForRealApi exception = new TestReachesForRealApi(request.url().getHost());
				if (!this.logged.getAndSet(true)) {
					logger.error(exception.getMessage());
				}
				return exception;
			});
		}

	}

	/**
	 * Thrown when a test is about to send a request to another machine. The name of this
	 * class is part of the message that the application gets.
	 */
	static final class TestReachesForRealApi extends IllegalStateException {

		@Serial
		private static final long serialVersionUID = 1L;

		TestReachesForRealApi(@Nullable String host) {
			super("This test would have sent a request to " + host + ", so nothing was sent. "
					+ "To go on, annotate the test with @AutoConfigureHopperEvents, which records events; "
					+ "or import FakeHopperApiConfiguration, or set hopper.base-url to a server of this machine, "
					+ "to send them there; or, if the test is meant to reach that host, set " + ALLOWED + "=true.");
		}

	}

}
