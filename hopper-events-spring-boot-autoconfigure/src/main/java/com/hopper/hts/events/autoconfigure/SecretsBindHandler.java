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
import java.util.Map;
import java.util.Set;

import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.http.AttemptFailure;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.bind.AbstractBindHandler;
import org.springframework.boot.context.properties.bind.BindContext;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.core.convert.ConversionFailedException;
import org.springframework.util.ClassUtils;
import org.springframework.util.PlaceholderResolutionException;

/**
 * Keeps values that may be secrets out of what is thrown when properties cannot be bound:
 * Spring Boot puts the value into the exception, and converters into its causes.
 */
final class SecretsBindHandler extends AbstractBindHandler {

	private static final ConfigurationPropertyName PREFIX = ConfigurationPropertyName.of("hopper");

	private static final Set<ConfigurationPropertyName> SECRETS = Set.of(
			ConfigurationPropertyName.of("hopper.auth.token"),
			ConfigurationPropertyName.of("hopper.auth.client-secret"),
			ConfigurationPropertyName.of("hopper.client.proxy.host"),
			ConfigurationPropertyName.of("hopper.client.proxy.username"),
			ConfigurationPropertyName.of("hopper.client.proxy.password"));

	private static final Set<ConfigurationPropertyName> MAPS_OF_SECRETS = Set
		.of(ConfigurationPropertyName.of("hopper.headers"), ConfigurationPropertyName.of("hopper.auth.headers"));

	SecretsBindHandler(BindHandler parent) {
		super(parent);
	}

	@Override
	public <T> @Nullable Bindable<T> onStart(ConfigurationPropertyName name, Bindable<T> target, BindContext context) {
		if (PREFIX.isAncestorOf(name) && target.getType().resolve() == String.class) {
			for (ConfigurationPropertySource source : context.getSources()) {
				if (source.getConfigurationProperty(name) != null) {
					break;
				}
				if (source.getConfigurationProperty(name.append("[0]")) != null) {
					throw HopperConfigurationException.of(name.toString(), "must be one value, and not a list");
				}
			}
		}
		return super.onStart(name, target, context);
	}

	@Override
	public @Nullable Object onFailure(ConfigurationPropertyName name, Bindable<?> target, BindContext context,
			Exception error) throws Exception {
		if (isEmpty(name, target, error)) {
			return null;
		}
		if (error instanceof HopperConfigurationException exception) {
			throw withoutValue(name, target, context, exception);
		}
		if (!(error instanceof BindException) && mayHoldSecret(name, target)) {
			// Without the cause, whose messages quote the value
			throw withoutValue(name, target, context,
					HopperConfigurationException.of(name.toString(), problem(name, target, error)));
		}
		return super.onFailure(name, target, context, error);
	}

	/**
	 * Return whether a number or boolean has an empty value. As with all other types, it
	 * counts as not set.
	 */
	private static boolean isEmpty(ConfigurationPropertyName name, Bindable<?> target, Exception error) {
		return PREFIX.isAncestorOf(name) && target.getType().resolve(Object.class).isPrimitive()
				&& error instanceof ConversionFailedException failed
				&& (failed.getValue() == null || failed.getValue().toString().isBlank());
	}

	private static boolean isSecret(ConfigurationPropertyName name) {
		return SECRETS.contains(name) || MAPS_OF_SECRETS.stream().anyMatch((map) -> map.isAncestorOf(name));
	}

	private static boolean mayHoldSecret(ConfigurationPropertyName name, Bindable<?> target) {
		Class<?> type = target.getType().resolve(Object.class);
		return PREFIX.isAncestorOf(name) && (isSecret(name) || type == URI.class || hasKeys(type));
	}

	private static boolean hasKeys(Class<?> type) {
		return Map.class.isAssignableFrom(type)
				|| (type.getPackageName().startsWith(EventPublisher.class.getPackageName()) && !type.isEnum());
	}

	private static String problem(ConfigurationPropertyName name, Bindable<?> target, Exception error) {
		Class<?> type = target.getType().resolve(Object.class);
		if (AttemptFailure.find(error, PlaceholderResolutionException.class) != null) {
			return "has a value with a placeholder, '${...}', that cannot be resolved. "
					+ "If it is none and the value is to contain '${', write '\\${'";
		}
		if (hasKeys(type)) {
			return "must not have a value of its own, only keys below it, such as '" + name
					+ (Map.class.isAssignableFrom(type) ? ".X-Partner-Id'" : ".*'");
		}
		return (type == URI.class) ? "must be a URL, and its value cannot be read as one"
				: "has a value that cannot be used as " + ClassUtils.getShortName(type);
	}

	/**
	 * Return an exception like Spring Boot's own. It takes the value from the context, so
	 * the binding is begun, and refused, in a context that does not have one.
	 */
	private static BindException withoutValue(ConfigurationPropertyName name, Bindable<?> target, BindContext context,
			HopperConfigurationException cause) {
		try {
			context.getBinder().bind(name, target, new BindHandler() {

				@Override
				public <T> @Nullable Bindable<T> onStart(ConfigurationPropertyName name, Bindable<T> target,
						BindContext context) {
					throw cause;
				}

			});
		}
		catch (BindException ex) {
			return ex;
		}
		throw cause;
	}

}
